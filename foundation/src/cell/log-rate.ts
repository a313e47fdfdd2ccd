/** The platform's interval: an instance's rate is that of the last five seconds. */
const WINDOW_SECONDS = 5;

/** How many bytes a second an instance has printed of late. */
export class LogRate {
  /** By second since the epoch. */
  private readonly bytes = new Map<number, number>();

  /** @param now of the line, in milliseconds */
  public add(length: number, now: number): void {
    const second = Math.floor(now / 1000);
    this.bytes.set(second, (this.bytes.get(second) ?? 0) + length);
    // A clock that was put back leaves seconds that are still to come.
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
