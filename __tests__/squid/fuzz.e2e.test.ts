import { removeAll } from './docker';
import { fuzz, startFuzzing } from './fuzz/fuzz';

const SECONDS = 1000;
/** `npm run test:proxy-fuzz` runs for an hour. */
const FUZZED_SECONDS = 60;

afterAll(removeAll, 60 * SECONDS);

test(
  'whatever a client writes reaches nothing that is not listed, keeps nobody from theirs, and leaves a log that is true',
  async () => {
    const outcome = await fuzz(await startFuzzing(), FUZZED_SECONDS, 1);
    expect(outcome.faults).toEqual([]);
    for (const count of [outcome.connections, outcome.lines]) expect(count).toBeGreaterThan(500);
    for (const count of [outcome.reached, outcome.served]) expect(count).toBeGreaterThan(20);
  },
  300 * SECONDS,
);
