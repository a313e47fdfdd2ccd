import type { Clock } from './clock';
import { CloudError, diskFull } from './errors';
import type { State } from './state';

type Work = (state: State) => void;

const RETRY = 1000;
const FULL = diskFull().code;

/**
 * Stores what has already happened, such as the end of a job. Unlike a request, it can't be refused, so the recorder
 * retries for as long as the disk is full.
 */
export class Recorder {
  private readonly waiting = new Set<() => void>();

  public constructor(
    private readonly transact: (work: Work) => void,
    private readonly clock: Clock,
    private readonly onFailure: (error: unknown) => void,
  ) {}

  /** Makes the first attempt at once, before this returns. */
  public async record(work: Work): Promise<void> {
    for (let told = false; ; told = true) {
      try {
        this.transact(work);
        return;
      } catch (error) {
        if (!(error instanceof CloudError && error.code === FULL)) throw error;
        if (!told) this.onFailure(error);
        await this.pause();
      }
    }
  }

  /** Leaves pending records to the next start. */
  public close(): void {
    for (const cancel of this.waiting) cancel();
  }

  private pause(): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.clock.after(RETRY, () => {
        this.waiting.delete(cancel);
        resolve();
      });
      this.waiting.add(cancel);
    });
  }
}
