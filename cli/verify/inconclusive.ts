import { NoAnswer, Refusal } from '../cloud-foundry';
import { BrokenOff } from './http';

/** Why a check says nothing about the system. */
export type Cause =
  | 'quota exceeded'
  | 'task cannot start'
  | 'task ended early'
  | 'application does not run'
  | 'application cannot ask'
  | 'resolver does not answer'
  | 'no permission'
  | 'time-out';

/** What to do so that the check can run. */
export const REMEDIES: Readonly<Record<Cause, string>> = {
  'quota exceeded': 'stop something in the space, or raise the quota: a task needs 128 MB',
  'task cannot start':
    'push the application again with an image that has a shell; cf tasks shows what happened to the task',
  'task ended early': 'run the command again; cf tasks and cf events show who ended the task, or what it ran out of',
  'application does not run': 'start the application: cf start, and cf logs --recent shows why it stopped',
  'application cannot ask': "complete the application's environment: its page names what is missing",
  'resolver does not answer': 'check the DNS of the container: no request by name has left it',
  'no permission': 'make this account a developer in the spaces of the application and its proxies',
  'time-out': 'run the command again; if it happens again, the platform is busy or this machine cannot reach it',
};

/** A check that couldn't be completed: neither success nor failure. */
export class Inconclusive extends Error {
  override readonly name = 'Inconclusive';

  constructor(
    readonly reason: Cause,
    readonly because: string,
  ) {
    super(`inconclusive, ${reason}: ${because}; ${REMEDIES[reason]}`);
  }
}

/** The API's refusals and their causes. The first match counts. */
const REFUSALS: readonly (readonly [status: number, says: RegExp, cause: Cause])[] = [
  [422, /quota|memory limit|log rate limit/i, 'quota exceeded'],
  [400, /quota|memory limit/i, 'quota exceeded'],
  [422, /droplet/i, 'task cannot start'],
  [401, /./s, 'no permission'],
  [403, /./s, 'no permission'],
  // The API answers as if something that the account may not see didn't exist.
  [404, /./s, 'no permission'],
  [429, /./s, 'time-out'],
  [502, /./s, 'time-out'],
  [503, /./s, 'time-out'],
  [504, /./s, 'time-out'],
];

/** Undefined for the caller's own mistake, or a defect. */
export function inconclusiveOf(error: unknown): Inconclusive | undefined {
  if (error instanceof Inconclusive) return error;
  if (error instanceof NoAnswer || error instanceof BrokenOff) return new Inconclusive('time-out', error.message);
  if (!(error instanceof Refusal)) return undefined;
  const cause = REFUSALS.find(([status, says]) => status === error.status && says.test(error.message))?.[2];
  return cause === undefined ? undefined : new Inconclusive(cause, error.message);
}

/** Causes for a task that didn't report what it saw, by the platform's reason for its end. */
const ENDS: readonly (readonly [RegExp, Cause])[] = [
  [/cancel|killed|status 1(?:37|43)\b|out of memory|memory limit/i, 'task ended early'],
  [/status 12[67]\b|exec format|no such file|not found|unable to|fail|insufficient/i, 'task cannot start'],
];

export function endOf(reason: string | null): Cause {
  return ENDS.find(([says]) => says.test(reason ?? ''))?.[1] ?? 'task ended early';
}
