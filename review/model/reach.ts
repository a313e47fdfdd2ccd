import { INTERNET } from './addresses';
import { Traffic, type Protocol } from './traffic';

/** Whether something is so; what can't be told counts as neither. */
export type Answer = 'yes' | 'no' | 'unknown';

/** Something that could not be read. */
export interface Unknown {
  /** Two unknowns with one token are the same unknown: what is unknown before and after in the same way did not change. */
  readonly token: string;
  /** A clause that says what is unknown, and why. */
  readonly because: string;
  /** What it can be at most. @default - everything */
  readonly atMost?: Traffic;
  /** What it opens is not known, but that it opens something is. @default false */
  readonly opens?: boolean;
  /** It is a text that is not empty. @default false */
  readonly filled?: boolean;
  /** It is a text of one word, in which no line ends. @default false */
  readonly word?: boolean;
}

/** The traffic that may leave, as far as it is known. */
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

  /** Whether all of the internet is open over the web's own port, as a proxy needs it. */
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
