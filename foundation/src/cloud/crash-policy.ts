/**
 * When an instance that has crashed is started again.
 *
 * @see https://docs.cloudfoundry.org/devguide/deploy-apps/app-lifecycle.html#crash-events
 */
const IMMEDIATE_RESTARTS = 3;
const FIRST_DELAY = 30_000;
const LONGEST_DELAY = 16 * 60_000;
const MAX_RESTARTS = 200;

/** One that has run for so long starts counting anew. */
export const CRASH_RESET = 5 * 60_000;

/** Milliseconds to wait after the crash of this number, from 1; `undefined`: it is given up. */
export const restartDelay = (crashes: number): number | undefined => {
  if (crashes > MAX_RESTARTS) {
    return undefined;
  }
  return crashes <= IMMEDIATE_RESTARTS
    ? 0
    : Math.min(LONGEST_DELAY, FIRST_DELAY * 2 ** (crashes - IMMEDIATE_RESTARTS - 1));
};
