/** As on the platform, the rate is over the last five seconds. */
const WINDOW_SECONDS = 5;

/** The recent log rate of an instance. */
export class LogRate {
  /** Bytes by second since the epoch. */
  private readonly bytes = new Map<number, number>();

  /** @param now the time of the line, in milliseconds */
  public add(length: number, now: number): void {
    const second = Math.floor(now / 1000);
    this.bytes.set(second, (this.bytes.get(second) ?? 0) + length);
    // Also drops seconds in the future, which remain when the clock is set back.
    for (const other of this.bytes.keys()) {
      if (Math.abs(second - other) >= WINDOW_SECONDS) this.bytes.delete(other);
    }
  }

  public at(now: number): number {
    const second = Math.floor(now / 1000);
    let sum = 0;
    for (const [printed, bytes] of this.bytes) {
      if (printed > second - WINDOW_SECONDS && printed <= second) sum += bytes;
    }
    return Math.round(sum / WINDOW_SECONDS);
  }
}
