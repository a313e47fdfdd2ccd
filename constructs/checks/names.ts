import { Intervals } from './intervals';

/**
 * Host names that can be reached, each over ports at addresses. A pattern is a host, or with a leading dot a domain and
 * all below it, as a destination prints it. Two patterns are either nested or disjoint, so sets of them have differences.
 */
export class Names {
  static readonly NONE = new Names(new Map());

  static of(entries: Iterable<readonly [pattern: string, port: number, at: Intervals]>): Names {
    const patterns = new Map<string, Map<number, Intervals>>();
    for (const [pattern, port, at] of entries) {
      if (at.isEmpty) continue;
      const byPort = patterns.get(pattern) ?? new Map<number, Intervals>();
      patterns.set(pattern, byPort);
      byPort.set(port, at.union(byPort.get(port) ?? Intervals.NONE));
    }
    return new Names(patterns);
  }

  private constructor(private readonly patterns: ReadonlyMap<string, ReadonlyMap<number, Intervals>>) {}

  get isEmpty(): boolean {
    return this.patterns.size === 0;
  }

  *[Symbol.iterator](): Generator<readonly [pattern: string, port: number, at: Intervals]> {
    for (const [pattern, byPort] of this.patterns) {
      for (const [port, at] of byPort) yield [pattern, port, at];
    }
  }

  union(...others: readonly Names[]): Names {
    return Names.of([this, ...others].flatMap((names) => [...names]));
  }

  /** Only what also lies at these addresses, which may differ from port to port. */
  at(open: (port: number) => Intervals): Names {
    return Names.of([...this].map(([pattern, port, at]) => [pattern, port, at.intersect(open(port))] as const));
  }

  /** The addresses at which a host, or every host below a domain, may be reached. */
  addresses(pattern: string, port: number): Intervals {
    return [pattern, ...wider(pattern)].reduce(
      (sum, each) => sum.union(this.patterns.get(each)?.get(port) ?? Intervals.NONE),
      Intervals.NONE,
    );
  }

  /** What is in this set and not in the other, with the names that the other one has below a domain. */
  minus(other: Names): Difference[] {
    const differences: Difference[] = [];
    for (const [pattern, port, own] of this) {
      const at = own.minus(other.addresses(pattern, port));
      const shown = wider(pattern).some((parent) =>
        (this.patterns.get(parent)?.get(port) ?? Intervals.NONE).minus(other.addresses(parent, port)).covers(at),
      );
      if (at.isEmpty || shown) continue;
      differences.push({ pattern, port, at, except: pattern.startsWith('.') ? other.below(pattern, port, at) : [] });
    }
    return differences;
  }

  private below(domain: string, port: number, at: Intervals): string[] {
    return [...this.patterns.keys()].filter(
      (pattern) => wider(pattern).includes(domain) && this.addresses(pattern, port).covers(at),
    );
  }
}

export interface Difference {
  readonly pattern: string;
  readonly port: number;
  readonly at: Intervals;
  /** Names below the pattern that are not part of the difference. */
  readonly except: readonly string[];
}

/** The domains that hold a pattern, nearest first, without the pattern itself: `a.example.org` lies in `.a.example.org`. */
export function wider(pattern: string): string[] {
  const labels = pattern.split('.');
  return pattern.startsWith('.')
    ? labels.slice(2).map((_, index) => `.${labels.slice(index + 2).join('.')}`)
    : labels.map((_, index) => `.${labels.slice(index).join('.')}`);
}
