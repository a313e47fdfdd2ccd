import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { HealthCheck } from '../../../foundation/src/cell/cell';
import { probeOf, watchHealth, watchReadiness } from '../../../foundation/src/cell/health';

const CHECK: HealthCheck = { type: 'port', endpoint: '/', timeout: 1, interval: 1, invocationTimeout: 1 };
const CLOSED = 1;

let server: Server;
let open: number;

beforeAll(async () => {
  server = createServer((incoming, response) => {
    if (incoming.url !== '/hang') response.writeHead(incoming.url === '/ok' ? 200 : 204).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  open = (server.address() as AddressInfo).port;
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
});

function probe(over: Partial<HealthCheck>, ...ports: number[]): Promise<string | undefined> {
  return probeOf({ ...CHECK, ...over }, '127.0.0.1', ports)();
}

test('a port check wants every port open', async () => {
  expect(await probe({}, open)).toBeUndefined();
  expect(await probe({}, open, CLOSED)).toBe('Failed to make TCP connection to port 1: connection refused');
});

test('an http check wants a 200 of the first port, and nothing else', async () => {
  expect(await probe({ type: 'http', endpoint: '/ok' }, open, CLOSED)).toBeUndefined();
  expect(await probe({ type: 'http', endpoint: '/other' }, open)).toBe(
    `HTTP request to '/other' on port ${open} returned status code 204, not 200`,
  );
  expect(await probe({ type: 'http', endpoint: '/hang' }, open)).toBe(
    `Failed to make HTTP request to '/hang' on port ${open}: timed out`,
  );
  expect(await probe({ type: 'http' }, CLOSED)).toBe(
    "Failed to make HTTP request to '/' on port 1: connection refused",
  );
});

test('a process check is content with the process', async () => {
  expect(await probe({ type: 'process' }, CLOSED)).toBeUndefined();
});

async function watched(results: (string | undefined)[], healthy = false): Promise<[string, number]> {
  let times = 0;
  const failure = await watchHealth({
    check: CHECK,
    probe: () => Promise.resolve(results.length > 1 ? results.shift() : results[0]),
    signal: new AbortController().signal,
    onHealthy: () => (times += 1),
    healthy,
  });
  return [failure, times];
}

test('an instance has its timeout to become healthy', async () => {
  expect(await watched(['no', 'no', 'not at all'])).toEqual(['Instance never healthy after 1s: not at all', 0]);
});

test('an instance has no longer than its timeout because the clock was put back', async () => {
  const begun = Date.now();
  const clock = jest.spyOn(Date, 'now').mockReturnValue(begun - 3_600_000);
  try {
    expect(await watched(['no'])).toEqual(['Instance never healthy after 1s: no', 0]);
  } finally {
    clock.mockRestore();
  }
});

test('an instance that was healthy fails by the first check that fails', async () => {
  expect(await watched(['no', undefined, 'gone'])).toEqual(['Instance became unhealthy: gone', 1]);
  expect(await watched(['gone'], true)).toEqual(['Instance became unhealthy: gone', 0]);
});

test('nothing is said of an instance that is watched no longer', async () => {
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

  test('is told whenever it changes, however often, and ends nothing', async () => {
    expect(await changes(false, outcomes)).toEqual([true, false, true]);
  });

  test('of an instance that was ready before is told only when it is so no longer', async () => {
    expect(await changes(true, [undefined, 'no'])).toEqual([false]);
  });
});
