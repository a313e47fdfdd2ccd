import { removeAll } from './docker';
import { fuzz, startFuzzing } from './fuzz/fuzz';

const SECONDS = 1000;
/** `npm run test:proxy-fuzz` runs for an hour. */
const FUZZED_SECONDS = 60;

afterAll(removeAll, 60 * SECONDS);

test(
  'whatever a client sends, it reaches only listed hosts, other clients are served, and the log is correct',
  async () => {
    const outcome = await fuzz(await startFuzzing(), FUZZED_SECONDS, 1);
    expect(outcome.faults).toEqual([]);
    for (const count of [outcome.connections, outcome.lines]) expect(count).toBeGreaterThan(500);
    for (const count of [outcome.reached, outcome.served]) expect(count).toBeGreaterThan(20);
  },
  300 * SECONDS,
);
