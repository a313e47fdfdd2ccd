import type { Cell, NetworkState } from '../cell/cell';
import type { Clock } from './clock';

const RETRY = 1000;

/** Applies the newest state of the network to the cell, one at a time, skipping states that are out of date. */
export class NetworkPublisher {
  private wanted: NetworkState;
  private running: Promise<void> | undefined;
  private cancelRetry: (() => void) | undefined;

  public constructor(
    private readonly cell: Cell,
    private readonly clock: Clock,
    private readonly onFailure: (error: unknown) => void,
    initial: NetworkState,
  ) {
    this.wanted = initial;
  }

  public get desired(): NetworkState {
    return this.wanted;
  }

  public publish(state: NetworkState): void {
    this.wanted = state;
    this.running ??= this.run();
  }

  /** Resolves when the cell has applied the state that is desired now, or failed to. */
  public async settled(): Promise<void> {
    await this.running;
  }

  public close(): void {
    this.cancelRetry?.();
  }

  private async run(): Promise<void> {
    this.cancelRetry?.();
    // Waits until the caller has set `running`, which is cleared at the end.
    await Promise.resolve();
    try {
      while (this.cell.appliedRevision < this.wanted.revision) await this.cell.applyNetwork(this.wanted);
    } catch (error) {
      this.onFailure(error);
      this.cancelRetry = this.clock.after(RETRY, () => this.publish(this.wanted));
    } finally {
      this.running = undefined;
    }
  }
}
