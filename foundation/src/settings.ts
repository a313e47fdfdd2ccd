/** What the process in the foundation's container is told by whoever starts it, through its environment. */
export interface Settings {
  /** `local` unless it was named otherwise; labels, volume and networks carry it. */
  readonly name: string;
  /** Published on 127.0.0.1; the numbers are the same in the container. */
  readonly ports: {
    readonly api: number;
    readonly router: number;
    readonly registry: number;
    /** Absent in a foundation that was made before there was SSH. */
    readonly ssh?: number;
  };
  readonly overlay: Subnet;
  readonly internet: Subnet;
  /** The image of this container; holders, registry and the simulated internet run it too. */
  readonly image: string;
  /** The Debian stack that buildpack apps are staged and run on. */
  readonly stackImage: string;
  /** The folder of the volume: store, packages, droplets, keys, registry. */
  readonly dataDir: string;
  readonly appsDomain: string;
  /** Milliseconds after TERM at which an instance leaves DNS and router. */
  readonly drainDelay: number;
  /**
   * Milliseconds that a client of the API has for a whole request, body and all.
   *
   * @default 300_000
   */
  readonly requestTimeout?: number;
  /**
   * Milliseconds that the buildpacks have.
   *
   * @default 900_000, as on the platform
   */
  readonly stagingTimeout?: number;
  /** @default dynamic */
  readonly securityGroups?: SecurityGroupMode;
  /** For staging: the npm registry of the machine, when it isn't the public one. */
  readonly npmRegistry?: string;
  /** For staging: lines of apt's `sources.list`, where others than the stack's own mirrors are to be asked. */
  readonly aptSources?: readonly string[];
}

/** When a change of security groups reaches an instance: at once, or when its application is restarted. */
export const SECURITY_GROUP_MODES = ['dynamic', 'restart'] as const;
export type SecurityGroupMode = (typeof SECURITY_GROUP_MODES)[number];

/** A Docker network. Every address in it is given out by the foundation itself. */
export interface Subnet {
  readonly network: string;
  readonly cidr: string;
  readonly gateway: string;
}

/** The variable that carries the settings into the container, as JSON. There are no secrets in it. */
export const SETTINGS_VARIABLE = 'FOUNDATION_SETTINGS';

export function readSettings(environment: Readonly<Record<string, string | undefined>>): Settings {
  const text = environment[SETTINGS_VARIABLE];
  if (!text) throw new Error(`${SETTINGS_VARIABLE} is not set: start the foundation with "space-egress local up"`);
  return JSON.parse(text) as Settings;
}
