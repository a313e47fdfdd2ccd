/** The settings of the foundation's process, which it gets through its environment. */
export interface Settings {
  /** By default `local`; a part of the names of labels, volume, and networks. */
  readonly name: string;
  /** Published on 127.0.0.1, with the same numbers in the container. */
  readonly ports: {
    readonly api: number;
    readonly router: number;
    readonly registry: number;
    /** Absent in a foundation from before SSH was supported. */
    readonly ssh?: number;
  };
  readonly overlay: Subnet;
  readonly internet: Subnet;
  /** The image of this container, which holders, the registry, and the simulated internet also run. */
  readonly image: string;
  /** The Debian stack for staging and running buildpack applications. */
  readonly stackImage: string;
  /** The volume's folder, with store, packages, droplets, keys, and registry. */
  readonly dataDir: string;
  readonly appsDomain: string;
  /** Milliseconds after TERM at which an instance leaves DNS and router. */
  readonly drainDelay: number;
  /**
   * Milliseconds that a client of the API has for a whole request, including the body.
   *
   * @default 300_000
   */
  readonly requestTimeout?: number;
  /**
   * Milliseconds that staging may take.
   *
   * @default 900_000, as on the platform
   */
  readonly stagingTimeout?: number;
  /** @default dynamic */
  readonly securityGroups?: SecurityGroupMode;
  /** The machine's npm registry, for staging, unless it is the public one. */
  readonly npmRegistry?: string;
  /** Lines of apt's `sources.list`, for staging, to replace the stack's own mirrors. */
  readonly aptSources?: readonly string[];
}

/** When a change of security groups reaches an instance: at once, or when its application is restarted. */
export const SECURITY_GROUP_MODES = ['dynamic', 'restart'] as const;
export type SecurityGroupMode = (typeof SECURITY_GROUP_MODES)[number];

/** A Docker network. The foundation itself assigns every address in it. */
export interface Subnet {
  readonly network: string;
  readonly cidr: string;
  readonly gateway: string;
}

/** The environment variable with the settings, as JSON without secrets. */
export const SETTINGS_VARIABLE = 'FOUNDATION_SETTINGS';

export function readSettings(environment: Readonly<Record<string, string | undefined>>): Settings {
  const text = environment[SETTINGS_VARIABLE];
  if (!text) throw new Error(`${SETTINGS_VARIABLE} is not set: start the foundation with "space-egress local up"`);
  return JSON.parse(text) as Settings;
}
