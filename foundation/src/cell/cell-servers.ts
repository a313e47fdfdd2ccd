import { readFile } from 'node:fs/promises';
import { DnsServer, type DnsOptions } from './dns-server';
import { RouteServiceSignature } from './router-choice';
import { Router, type RouterOptions } from './router';

interface At {
  readonly host: string;
  readonly port: number;
}

interface CellServersOptions {
  readonly dns: At & Pick<DnsOptions, 'authority'>;
  readonly router: Omit<RouterOptions, 'signature'>;
  /**
   * The resolver for all other names.
   *
   * @default - the first of /etc/resolv.conf, on port 53
   */
  readonly upstream: At | undefined;
  /** The folder that stores the key for route services' signatures. */
  readonly dataDir: string;
}

/** DNS server and router, which start and stop together. */
export interface CellServers {
  readonly routerPort: number;
  close(): Promise<void>;
}

export async function startServers({
  dns: names,
  router: routes,
  ...options
}: CellServersOptions): Promise<CellServers> {
  const signature = await RouteServiceSignature.load(options.dataDir);
  const upstream = options.upstream ?? { host: await firstNameserver(), port: 53 };
  const dns = await DnsServer.listen({ ...names, upstream });
  const router = await Router.listen({ ...routes, signature }).catch(async (error: unknown) => {
    await dns.close();
    throw error;
  });
  return {
    routerPort: router.port,
    close: async () => {
      await Promise.all([dns.close(), router.close()]);
    },
  };
}

async function firstNameserver(): Promise<string> {
  const text = await readFile('/etc/resolv.conf', 'utf8');
  const address = /^nameserver\s+(\S+)/m.exec(text)?.[1];
  if (address === undefined)
    throw new Error('no nameserver in /etc/resolv.conf; the foundation needs one to forward queries to');
  return address;
}
