/** Polls an asynchronous operation of a broker until it is done, or has taken too long. */
import { BrokerFailure, type Progress } from '../cloud/broker';
import { pause, type Clock } from '../cloud/clock';
import { type Answer, fieldsOf, textOf } from './exchange';

/** Milliseconds. The platform polls once a minute; here, a developer waits, and the broker is near. */
const SHORTEST_PAUSE = 100;
const LONGEST_PAUSE = 10_000;
/** A day, the most that a broker may ask for, as on the platform. */
const LONGEST_WANTED = 24 * 3600 * 1000;
/** Seven days, as on the platform. */
const LONGEST = 7 * 24 * 3600 * 1000;

export interface PollingOptions {
  readonly clock: Clock;
  /** The operation in messages, such as `provision`. */
  readonly verb: string;
  readonly ask: (operation: string) => Promise<Answer>;
  readonly progress: Progress;
  /** The broker's own name for the operation, or empty. */
  readonly operation: string;
  /** Seconds after which the broker wants to be polled first. */
  readonly retryAfter?: number;
  /** Seconds that the plan allows. */
  readonly maximumDuration?: number;
  /** Whether 410 means success, as for a deletion. */
  readonly endsGone?: boolean;
}

/** Ignores a failed or unreadable response, since the broker is polled again. */
const attempt = async ({ ask, operation, progress }: PollingOptions): Promise<Answer | undefined> => {
  try {
    return await ask(operation);
  } catch (error) {
    progress.signal.throwIfAborted();
    if (!(error instanceof BrokerFailure)) throw error;
    return undefined;
  }
};

export const untilDone = async (options: PollingOptions): Promise<void> => {
  const { clock, verb, progress, operation, maximumDuration = Infinity, endsGone = false } = options;
  const limit = Math.min(maximumDuration * 1000, LONGEST);
  const start = clock.elapsed();
  let usual = SHORTEST_PAUSE;
  let reported: string | undefined;
  let { retryAfter } = options;
  for (;;) {
    const left = limit - (clock.elapsed() - start);
    const wanted = retryAfter === undefined ? usual : Math.min(retryAfter * 1000, LONGEST_WANTED);
    if (left <= 0) throw new BrokerFailure(`Service Broker failed to ${verb} within the required time.`, true);
    await pause(clock, Math.min(Math.max(wanted, SHORTEST_PAUSE), left), progress.signal);
    usual = Math.min(usual * 2, LONGEST_PAUSE);
    const answer = await attempt(options);
    retryAfter = answer?.retryAfter;
    if (answer?.status === 410 && endsGone) return;
    const fields = answer?.status === 200 ? fieldsOf(answer) : undefined;
    const description = textOf(fields, 'description');
    switch (fields?.['state']) {
      case 'succeeded':
        // A final description is kept; without one, the last description is removed.
        if (description !== reported) await progress.report(operation, description);
        return;
      case 'failed':
        throw new BrokerFailure(description ?? `The service broker could not ${verb}, and does not say why.`, true);
      default:
        if (description !== undefined && description !== reported) {
          reported = description;
          await progress.report(operation, description);
        }
    }
  }
};
