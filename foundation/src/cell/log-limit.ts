/** Lines of two streams are out of order by less; a clock that was put back by more would shut the bucket until it has caught up. */
const DISORDER = 1000;

/** As much as may pass in a second, and after a silence all of it at once. */
class Bucket {
  private level: number;
  private since: number | undefined;

  public constructor(private readonly rate: number) {
    this.level = rate;
  }

  /** Takes nothing where there is not enough. */
  public take(amount: number, now: number): boolean {
    const since = this.since === undefined || now < this.since - DISORDER ? now : this.since;
    this.since = Math.max(since, now);
    this.level = Math.min(this.rate, this.level + ((this.since - since) / 1000) * this.rate);
    if (amount > this.level) return false;
    this.level -= amount;
    return true;
  }
}

/** What is to become of a line; `notice` goes into the log in place of the first of those that are left out. */
export type Verdict = { readonly passes: true } | { readonly passes: false; readonly notice?: string };

const PASSES: Verdict = { passes: true };
const DROPPED: Verdict = { passes: false };

/** An operator's limit: above what anybody reads, and below what keeps the foundation from its other work. */
const LINES_PER_SECOND = 5000;

/**
 * Holds an instance to its log rate, and any to what the foundation bears.
 *
 * @see https://docs.cloudfoundry.org/devguide/deploy-apps/app-log-rate-limiting.html
 */
export class LogLimit {
  private readonly bytes: Bucket | undefined;
  private readonly lines: Bucket;
  private told = false;

  /** @param bytesPerSecond 0: no line at all, not even about that; absent: any number */
  public constructor(
    private readonly bytesPerSecond: number | undefined,
    private readonly linesPerSecond = LINES_PER_SECOND,
  ) {
    this.bytes = bytesPerSecond === undefined ? undefined : new Bucket(bytesPerSecond);
    this.lines = new Bucket(linesPerSecond);
  }

  /** @param now of the line, in milliseconds */
  public admit(length: number, now: number): Verdict {
    if (this.bytesPerSecond === 0) return DROPPED;
    if (this.bytes && !this.bytes.take(length, now)) return this.refuse(`${this.bytesPerSecond ?? 0} bytes/sec)`);
    if (!this.lines.take(1, now)) return this.refuse(`${this.linesPerSecond} log-lines/sec) set by platform operator`);
    this.told = false;
    return PASSES;
  }

  private refuse(limit: string): Verdict {
    if (this.told) return DROPPED;
    this.told = true;
    return { passes: false, notice: `app instance exceeded log rate limit (${limit}` };
  }
}
