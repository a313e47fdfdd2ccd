import { INTERNET } from './addresses';
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
