/** Milliseconds by which lines may be out of order. A greater step back means that the clock was set back. */
const DISORDER = 1000;

/** A token bucket that holds the amount of one second. */
class Bucket {
  private level: number;
  private since: number | undefined;

  public constructor(private readonly rate: number) {
    this.level = rate;
  }

  /** Takes all of the amount or, if there is not enough, nothing. */
  public take(amount: number, now: number): boolean {
    const since = this.since === undefined || now < this.since - DISORDER ? now : this.since;
    this.since = Math.max(since, now);
    this.level = Math.min(this.rate, this.level + ((this.since - since) / 1000) * this.rate);
    if (amount > this.level) return false;
    this.level -= amount;
    return true;
  }
}

/** Whether a line is logged; `notice` is logged in place of the first of several dropped lines. */
export type Verdict = { readonly passes: true } | { readonly passes: false; readonly notice?: string };

const PASSES: Verdict = { passes: true };
const DROPPED: Verdict = { passes: false };

/** An operator's limit, low enough to protect the foundation. */
const LINES_PER_SECOND = 5000;

/**
 * Enforces an instance's own log rate limit, and the operator's.
 *
 * @see https://docs.cloudfoundry.org/devguide/deploy-apps/app-log-rate-limiting.html
 */
export class LogLimit {
  private readonly bytes: Bucket | undefined;
  private readonly lines: Bucket;
  private told = false;

  /** @param bytesPerSecond 0 drops every line without a notice; absent means no limit */
  public constructor(
    private readonly bytesPerSecond: number | undefined,
    private readonly linesPerSecond = LINES_PER_SECOND,
  ) {
    this.bytes = bytesPerSecond === undefined ? undefined : new Bucket(bytesPerSecond);
    this.lines = new Bucket(linesPerSecond);
  }

  /** @param now the time of the line, in milliseconds */
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
