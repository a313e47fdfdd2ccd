/**
 * When to restart a crashed instance.
 *
 * @see https://docs.cloudfoundry.org/devguide/deploy-apps/app-lifecycle.html#crash-events
 */
const IMMEDIATE_RESTARTS = 3;
const FIRST_DELAY = 30_000;
const LONGEST_DELAY = 16 * 60_000;
const MAX_RESTARTS = 200;

/** Milliseconds of running after which the count of crashes starts over. */
export const CRASH_RESET = 5 * 60_000;

/** Milliseconds to wait after the nth crash, counted from 1; `undefined` to give up. */
export const restartDelay = (crashes: number): number | undefined => {
  if (crashes > MAX_RESTARTS) return undefined;
  return crashes <= IMMEDIATE_RESTARTS
    ? 0
    : Math.min(LONGEST_DELAY, FIRST_DELAY * 2 ** (crashes - IMMEDIATE_RESTARTS - 1));
};
