/** First and last number of a range, both included. */
export type Range = readonly [first: number, last: number];

/**
 * A set of whole numbers, stored as ascending ranges that neither overlap nor touch, so that two sets are equal exactly
 * if their ranges are. Addresses and ports are such sets: whether one rule covers another is computed and never read
 * from its text (0.0.0.0/1 and 128.0.0.0/1 together are everything).
 */
export class Intervals {
  static readonly NONE = new Intervals([]);

  static of(...ranges: readonly Range[]): Intervals {
    const [only] = ranges;
    if (ranges.length === 1 && only !== undefined) return only[0] <= only[1] ? new Intervals([only]) : Intervals.NONE;
    const sorted = ranges.filter(([first, last]) => first <= last).sort((a, b) => a[0] - b[0]);
    const merged: [number, number][] = [];
    for (const [first, last] of sorted) {
      const previous = merged.at(-1);
      if (previous !== undefined && first <= previous[1] + 1) {
        previous[1] = Math.max(previous[1], last);
      } else {
        merged.push([first, last]);
      }
    }
    return merged.length === 0 ? Intervals.NONE : new Intervals(merged);
  }

  static points(...values: readonly number[]): Intervals {
    return Intervals.of(...values.map((value): Range => [value, value]));
  }

  private constructor(readonly ranges: readonly Range[]) {}

  get isEmpty(): boolean {
    return this.ranges.length === 0;
  }

  get size(): number {
    return this.ranges.reduce((sum, [first, last]) => sum + last - first + 1, 0);
  }

  union(other: Intervals): Intervals {
    if (this.isEmpty || this === other) return other;
    return other.isEmpty ? this : Intervals.of(...this.ranges, ...other.ranges);
  }

  minus(other: Intervals): Intervals {
    if (this.isEmpty || other.isEmpty) return this;
    const kept: Range[] = [];
    let at = 0;
    for (const [first, last] of this.ranges) {
      let start = first;
      while ((other.ranges[at]?.[1] ?? Infinity) < start) at += 1;
      for (let next = at; start <= last; next += 1) {
        const [cutFirst, cutLast] = other.ranges[next] ?? [Infinity, Infinity];
        if (start < cutFirst) kept.push([start, Math.min(last, cutFirst - 1)]);
        start = cutLast + 1;
      }
    }
    return Intervals.of(...kept);
  }

  intersect(other: Intervals): Intervals {
    if (this === other || other.isEmpty) return other;
    return this.minus(this.minus(other));
  }

  covers(other: Intervals): boolean {
    return this === other || other.minus(this).isEmpty;
  }

  includes(value: number): boolean {
    return this.ranges.some(([first, last]) => first <= value && value <= last);
  }

  equals(other: Intervals): boolean {
    return (
      this.ranges.length === other.ranges.length &&
      this.ranges.every(([first, last], index) => {
        const [otherFirst, otherLast] = other.ranges[index] ?? [NaN, NaN];
        return first === otherFirst && last === otherLast;
      })
    );
  }
}
