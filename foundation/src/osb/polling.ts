/** What a broker does behind its answer: asked for until it is done, or has taken too long. */
import { BrokerFailure, type Progress } from '../cloud/broker';
import { pause, type Clock } from '../cloud/clock';
import { fieldsOf, textOf } from './answers';
import type { Answer } from './exchange';

/** Milliseconds. The platform asks once a minute; here somebody waits, and the broker is near. */
const SHORTEST_PAUSE = 100;
const LONGEST_PAUSE = 10_000;
/** A day: whatever the broker wants, as on the platform. */
const LONGEST_WANTED = 24 * 3600 * 1000;
/** As on the platform: seven days. */
const LONGEST = 7 * 24 * 3600 * 1000;

export interface PollingOptions {
  readonly clock: Clock;
  /** What it does: `provision`. */
  readonly verb: string;
  readonly ask: (operation: string) => Promise<Answer>;
  readonly progress: Progress;
  /** The broker's own name for the operation; empty if it has none. */
  readonly operation: string;
  /** Seconds after which it wants to be asked first. */
  readonly retryAfter?: number;
  /** Seconds that the plan allows. */
  readonly maximumDuration?: number;
  /** 410 says that what is to go is gone. */
  readonly endsGone?: boolean;
}

/** An answer that can't be had, or read, says nothing: the broker is asked again. */
const attempt = async ({ ask, operation, progress }: PollingOptions): Promise<Answer | undefined> => {
  try {
    return await ask(operation);
  } catch (error) {
    progress.signal.throwIfAborted();
    if (!(error instanceof BrokerFailure)) {
      throw error;
    }
    return undefined;
  }
};

export const untilDone = async (options: PollingOptions): Promise<void> => {
  const { clock, verb, progress, operation, maximumDuration = Infinity, endsGone = false } = options;
  const limit = Math.min(maximumDuration * 1000, LONGEST);
  const start = clock.elapsed();
  let usual = SHORTEST_PAUSE;
  let told: string | undefined;
  let { retryAfter } = options;
  for (;;) {
    const left = limit - (clock.elapsed() - start);
    const wanted = retryAfter === undefined ? usual : Math.min(retryAfter * 1000, LONGEST_WANTED);
    if (left <= 0) {
      throw new BrokerFailure(`Service Broker failed to ${verb} within the required time.`, true);
    }
    await pause(clock, Math.min(Math.max(wanted, SHORTEST_PAUSE), left), progress.signal);
    usual = Math.min(usual * 2, LONGEST_PAUSE);
    const answer = await attempt(options);
    retryAfter = answer?.retryAfter;
    if (answer?.status === 410 && endsGone) {
      return;
    }
    const fields = answer?.status === 200 ? fieldsOf(answer) : undefined;
    const description = textOf(fields, 'description');
    switch (fields?.['state']) {
      case 'succeeded':
        // What it says at the end stays; without a word, what it said before doesn't.
        if (description !== told) {
          await progress.report(operation, description);
        }
        return;
      case 'failed':
        throw new BrokerFailure(description ?? `The service broker could not ${verb}, and does not say why.`, true);
      default:
        if (description !== undefined && description !== told) {
          told = description;
          await progress.report(operation, description);
        }
    }
  }
};
