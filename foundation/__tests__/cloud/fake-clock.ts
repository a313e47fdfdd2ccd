import type { Clock } from '../../src/cloud/clock';

interface Timer {
  readonly at: number;
  readonly callback: () => void;
}

/** A clock that a test advances and sets. */
export class FakeClock implements Clock {
  private passed = 0;
  private offset = Date.UTC(2026, 0, 1);
  private readonly timers = new Set<Timer>();

  public now(): number {
    return this.offset + this.passed;
  }

  public elapsed(): number {
    return this.passed;
  }

  public after(milliseconds: number, callback: () => void): () => void {
    const timer = { at: this.passed + milliseconds, callback };
    this.timers.add(timer);
    return () => {
      this.timers.delete(timer);
    };
  }

  public advance(milliseconds: number): void {
    this.passed += milliseconds;
    for (const timer of [...this.timers].filter(({ at }) => at <= this.passed)) {
      this.timers.delete(timer);
      timer.callback();
    }
  }

  /** Sets the time of day without elapsed time. */
  public set(milliseconds: number): void {
    this.offset += milliseconds;
  }

  /** Milliseconds until the next callback; `undefined` if there is none. */
  public get next(): number | undefined {
    return this.timers.size === 0 ? undefined : Math.min(...[...this.timers].map(({ at }) => at)) - this.passed;
  }
}
