import { INTERNET, PRIVATE, addresses } from './addresses';
import { Traffic, type Protocol } from './traffic';

/** Whether something is the case; `unknown` is neither. */
export type Answer = 'yes' | 'no' | 'unknown';

/** Something that couldn't be determined. */
export interface Unknown {
  /**
   * Two unknowns with the same token are the same: if it is unknown in the same way before and after, nothing changed.
   */
  readonly token: string;
  /** A clause that says what is unknown and why. */
  readonly because: string;
  /** The most that it can be. @default - everything */
  readonly atMost?: Traffic;
  /** It certainly opens something, but what isn't known. @default false */
  readonly opens?: boolean;
  /** It is a nonempty text. @default false */
  readonly filled?: boolean;
  /** It is a single word without line ends. @default false */
  readonly word?: boolean;
}

/** The traffic that may leave, as far as is known. */
export class Reach {
  static readonly NONE = new Reach(Traffic.NONE, []);

  constructor(
    readonly known: Traffic,
    readonly unknown: readonly Unknown[],
  ) {}

  union(other: Reach): Reach {
    const tokens = new Set(this.unknown.map(({ token }) => token));
    return new Reach(this.known.union(other.known), [
      ...this.unknown,
      ...other.unknown.filter(({ token }) => !tokens.has(token)),
    ]);
  }

  allows(protocol: Protocol, address: number, port: number): Answer {
    if (this.known.allows(protocol, address, port)) return 'yes';
    return this.possible?.allows(protocol, address, port) === false ? 'no' : 'unknown';
  }

  get reachesInternet(): Answer {
    if (this.known.reachesInternet) return 'yes';
    return this.possible?.reachesInternet === false ? 'no' : 'unknown';
  }

  /** Whether the whole internet is open on the web's port, as a proxy needs it. */
  get opensWeb(): Answer {
    if (this.known.addresses('tcp', 443).covers(INTERNET)) return 'yes';
    return this.possible?.addresses('tcp', 443).covers(INTERNET) === false ? 'no' : 'unknown';
  }

  /** The most that this can be; undefined if there is no limit. */
  get possible(): Traffic | undefined {
    return this.unknown.reduce<Traffic | undefined>(
      (sum, { atMost }) => (sum === undefined || atMost === undefined ? undefined : sum.union(atMost)),
      this.known,
    );
  }
}

/**
 * What is known about cloud.gov's groups from their names alone, for readers that see no rules. The public group's two
 * customer endpoints and the local group's subnets differ between foundations, so they stay unknown within limits.
 *
 * @see https://cloud.gov/docs/management/space-egress/
 */
const KNOWN: Readonly<Record<string, Reach>> = {
  public_networks_egress: new Reach(
    Traffic.to(
      addresses(
        '0.0.0.0-9.255.255.255,11.0.0.0-169.253.255.255,169.255.0.0-172.15.255.255,172.32.0.0-192.167.255.255,' +
          '192.169.0.0-255.255.255.255',
      ),
    ),
    [
      {
        token: 'group public_networks_egress',
        because: 'the private endpoints that this foundation adds to security group public_networks_egress',
        atMost: Traffic.rule({ protocol: 'tcp', destination: '10.0.0.0/8', ports: '443' }),
        opens: true,
      },
    ],
  ),
  trusted_local_networks_egress: new Reach(Traffic.NONE, [
    {
      token: 'group trusted_local_networks_egress',
      because: 'the brokered services (databases, Redis, S3) that security group trusted_local_networks_egress names',
      atMost: Traffic.to(PRIVATE),
      opens: true,
    },
  ]),
};

const ID = /^[0-9a-f]{8}-[0-9a-f]{4}-/;

/** What a group opens if its rules weren't read. When a plan removes a group, it shows only the group's id. */
export function knownGroup(name: string): Reach {
  const title = ID.test(name) ? 'a security group that the plan does not describe' : `security group ${name}`;
  return (
    (Object.hasOwn(KNOWN, name) ? KNOWN[name] : undefined) ??
    new Reach(Traffic.NONE, [
      { token: `group ${name}`, because: `what ${title} opens; its rules were not read`, opens: true },
    ])
  );
}

/** Whether the platform itself provides a group of this name. */
export function isKnownGroup(name: string): boolean {
  return Object.hasOwn(KNOWN, name);
}
