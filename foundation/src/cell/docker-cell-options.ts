import type Docker from 'dockerode';
import type { Settings } from '../settings';
import type { StaticRoute } from './holder';

export interface DockerCellOptions {
  readonly settings: Settings;
  readonly docker: Docker;
  /**
   * The foundation's own address in the overlay.
   *
   * @default - the one of the address plan
   */
  readonly address?: string;
  /**
   * Where the DNS server listens.
   *
   * @default - port 53 of the foundation's address
   */
  readonly dns?: { readonly host: string; readonly port: number };
  /** Where the router listens. */
  readonly router: { readonly host: string; readonly port: number };
  /**
   * The resolver for all other names.
   *
   * @default - the first of /etc/resolv.conf, on port 53
   */
  readonly upstream?: { readonly host: string; readonly port: number };
  /** Resolves names of the simulated internet. */
  readonly resolveName: (name: string) => string | undefined;
  /** Addresses of the simulated internet outside of both networks. */
  readonly staticRoutes: readonly StaticRoute[];
  /**
   * Milliseconds that an instance's certificate is valid.
   *
   * @default - a day, as on the platform
   */
  readonly certificateLifetime?: number;
}
