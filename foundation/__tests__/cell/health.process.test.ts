import { createServer, type Server } from 'node:http';
import type { HealthCheck } from '../../src/cell/cell';
import { probeOf, watchHealth, watchReadiness } from '../../src/cell/health';
import { portOf } from '../../testing/system';

const CHECK: HealthCheck = { type: 'port', endpoint: '/', timeout: 60, interval: 1, invocationTimeout: 30 };
const CLOSED = 1;

let server: Server;
let open: number;

beforeAll(async () => {
  server = createServer((incoming, response) => {
    if (incoming.url !== '/hang') response.writeHead(incoming.url === '/ok' ? 200 : 204).end();
  });
  open = await portOf(server);
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
});

function probe(over: Partial<HealthCheck>, ...ports: number[]): Promise<string | undefined> {
  return probeOf({ ...CHECK, ...over }, '127.0.0.1', ports)();
}

test('a port check requires every port to be open', async () => {
  expect(await probe({}, open)).toBeUndefined();
  expect(await probe({}, open, CLOSED)).toBe('Failed to make TCP connection to port 1: connection refused');
});

test('an http check requires a 200 from the first port', async () => {
  expect(await probe({ type: 'http', endpoint: '/ok' }, open, CLOSED)).toBeUndefined();
  expect(await probe({ type: 'http', endpoint: '/other' }, open)).toBe(
    `HTTP request to '/other' on port ${open} returned status code 204, not 200`,
  );
  expect(await probe({ type: 'http', endpoint: '/hang', invocationTimeout: 1 }, open)).toBe(
    `Failed to make HTTP request to '/hang' on port ${open}: timed out`,
  );
  expect(await probe({ type: 'http' }, CLOSED)).toBe(
    "Failed to make HTTP request to '/' on port 1: connection refused",
  );
});

test('a process check requires only the process', async () => {
  expect(await probe({ type: 'process' }, CLOSED)).toBeUndefined();
});

interface Watched {
  readonly healthy?: boolean;
  readonly timeout?: number;
}

async function watched(
  probe: () => string | undefined,
  { healthy = false, timeout = CHECK.timeout }: Watched = {},
): Promise<[string, number]> {
  let times = 0;
  const failure = await watchHealth({
    check: { ...CHECK, timeout },
    probe: () => Promise.resolve(probe()),
    signal: new AbortController().signal,
    onHealthy: () => (times += 1),
    healthy,
  });
  return [failure, times];
}

/** One after the other. */
const inTurn =
  (...results: (string | undefined)[]) =>
  () =>
    results.shift();

test('an instance that is not healthy within its timeout fails with the last result as the reason', async () => {
  let asked = 0;
  const failure = await watched(() => `not at the ${(asked += 1)}. time`, { timeout: 1 });
  expect(failure).toEqual([`Instance never healthy after 1s: not at the ${asked}. time`, 0]);
});

test("setting the clock back does not extend an instance's timeout", async () => {
  const begun = Date.now();
  const clock = jest.spyOn(Date, 'now').mockReturnValue(begun - 3_600_000);
  try {
    expect(await watched(() => 'no', { timeout: 1 })).toEqual(['Instance never healthy after 1s: no', 0]);
  } finally {
    clock.mockRestore();
  }
});

test('a healthy instance fails with its first failed check', async () => {
  expect(await watched(inTurn('no', 'no', undefined, 'gone'))).toEqual(['Instance became unhealthy: gone', 1]);
  expect(await watched(inTurn('gone'), { healthy: true })).toEqual(['Instance became unhealthy: gone', 0]);
});

test('nothing is reported about an instance that is no longer watched', async () => {
  const attention = new AbortController();
  const onHealthy = jest.fn();
  const watching = watchHealth({
    check: CHECK,
    probe: () => {
      attention.abort();
      return Promise.resolve(undefined);
    },
    signal: attention.signal,
    onHealthy,
  });
  await expect(watching).rejects.toThrow('aborted');
  expect(onHealthy).not.toHaveBeenCalled();
});

describe('readiness', () => {
  const outcomes = ['no', 'no', undefined, undefined, 'no', undefined];

  async function changes(ready: boolean, results: readonly (string | undefined)[]): Promise<boolean[]> {
    const attention = new AbortController();
    const told: boolean[] = [];
    let asked = 0;
    const probe = (): Promise<string | undefined> => {
      if (asked === results.length) attention.abort();
      return Promise.resolve(results[asked++]);
    };
    const onChange = (now: boolean): void => void told.push(now);
    await expect(watchReadiness({ check: CHECK, probe, signal: attention.signal, onChange, ready })).rejects.toThrow(
      'aborted',
    );
    return told;
  }

  test('is reported with every change, and does not end the instance', async () => {
    expect(await changes(false, outcomes)).toEqual([true, false, true]);
  });

  test('of an instance that was ready before is reported only when it changes', async () => {
    expect(await changes(true, [undefined, 'no'])).toEqual([false]);
  });
});
