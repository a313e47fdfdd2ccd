import { BrokerFailure } from '../../src/cloud/broker';
import type { Answer } from '../../src/osb/exchange';
import { untilDone, type PollingOptions } from '../../src/osb/polling';
import { FakeClock } from '../cloud/fake-clock';

const said = (state: string, more: Partial<Answer> = {}): Answer => ({
  status: 200,
  line: '200 OK',
  text: JSON.stringify({ state, description: state }),
  ...more,
});

interface Run {
  /** How long it waited before each poll. */
  readonly pauses: readonly number[];
  readonly outcome: unknown;
}

/** The broker's answers, in order. Time passes at once when something waits. */
const poll = async (answers: readonly (Answer | Error)[], more: Partial<PollingOptions> = {}): Promise<Run> => {
  const clock = new FakeClock();
  const pauses: number[] = [];
  const left = [...answers];
  const run = untilDone({
    clock,
    verb: 'provision',
    operation: '',
    progress: { operation: undefined, report: () => Promise.resolve(), signal: new AbortController().signal },
    ask: () => {
      const answer = left.shift() ?? said('in progress');
      return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
    },
    ...more,
  });
  let outcome: unknown;
  void run.then(
    () => {
      outcome = 'done';
    },
    (error: unknown) => {
      outcome = error;
    },
  );
  for (;;) {
    await new Promise(setImmediate);
    if (outcome !== undefined) return { pauses, outcome };
    const { next = 0 } = clock;
    pauses.push(next);
    clock.advance(next);
  }
};

test('a broker without Retry-After is polled at intervals that double, up to ten seconds', async () => {
  const { pauses, outcome } = await poll([...Array<Answer>(9).fill(said('in progress')), said('succeeded')]);
  expect(outcome).toBe('done');
  expect(pauses).toEqual([100, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000, 10_000]);
});

test('a broker with Retry-After is polled then, but not at once and not after more than a day', async () => {
  const { pauses } = await poll(
    [
      said('in progress', { retryAfter: 0 }),
      said('in progress', { retryAfter: 999_999_999 }),
      said('in progress'),
      said('succeeded'),
    ],
    { retryAfter: 7 },
  );
  expect(pauses).toEqual([7000, 100, 86_400_000, 800]);
});

test("a broker that does not finish has failed after the plan's time, and is polled until then", async () => {
  const { pauses, outcome } = await poll([said('in progress', { retryAfter: 60 })], { maximumDuration: 30 });
  expect(pauses).toEqual([100, 29_900]);
  expect(outcome).toEqual(new BrokerFailure('Service Broker failed to provision within the required time.', true));
});

test('a broker that does not finish has failed after a week', async () => {
  const { pauses } = await poll(Array<Answer>(10).fill(said('in progress', { retryAfter: 86_400 })));
  expect(pauses.reduce((sum, pause) => sum + pause, 0)).toBe(7 * 86_400_000);
});

test("failed and unreadable polls are repeated, and errors that are not the broker's are thrown", async () => {
  const failing = [new BrokerFailure('away'), said('in progress', { status: 500 }), said('', { text: 'x' })];
  expect((await poll([...failing, said('succeeded')])).outcome).toBe('done');
  expect((await poll([new TypeError('mine')])).outcome).toEqual(new TypeError('mine'));
});

test('a 410 means success for a deletion, but not for a creation', async () => {
  const gone = said('', { status: 410 });
  expect((await poll([gone], { endsGone: true })).pauses).toEqual([100]);
  expect((await poll([gone, said('succeeded')])).pauses).toEqual([100, 200]);
});

test("a failure has the broker's message, and may have left something behind", async () => {
  const { outcome } = await poll([said('failed')]);
  expect(outcome).toEqual(new BrokerFailure('failed', true));
});
