import { once } from 'node:events';
import { Agent } from 'node:http';
import { setTimeout } from 'node:timers/promises';
import { openTunnel, request, secure } from './client';
import { docker, removeAll, until } from './docker';
import { type Kind, startLaboratory, type Laboratory, type Proxy } from './laboratory';
import { testSideBySide } from './side-by-side';

const SECONDS = 1000;
jest.setTimeout(60 * SECONDS);

// The platform kills 10 s after its signal; a request goes out every 5 ms, 200 a second.
const STOP_WITHIN_SECONDS = 10;
const ACCEPTS_SECONDS = 4;
const INTERVAL_MS = 5;
const IN_FLIGHT_MS = 250;
/** What may be between the kernel and squid when the listening socket closes, of a client that goes on coming here. */
const CAUGHT_AT_MOST = 16;
const URL = 'http://www.example.org/';

let laboratory: Laboratory;

beforeAll(async () => {
  laboratory = await startLaboratory((site) => ({ 'www.example.org': [site] }));
}, 300 * SECONDS);

afterAll(removeAll, 60 * SECONDS);

const start = (kind: Kind) => laboratory.startProxy({ kind, allow: ['www.example.org:80,443'] });

/** Sends the platform's signal and returns how the container ended, and after how many seconds. */
async function stop({ container }: Proxy, signal: string): Promise<{ status: number; seconds: number }> {
  const before = Date.now();
  await docker('kill', '--signal', signal, container);
  const status = Number(await docker('wait', container));
  const finished = Date.parse(await docker('inspect', '--format', '{{.State.FinishedAt}}', container));
  return { status, seconds: (finished - before) / SECONDS };
}

interface Outcome {
  readonly sentAt: number;
  readonly result: string;
}

const sendOne = (proxy: Proxy, agent: Agent | false): Promise<string> =>
  request(proxy, URL, { agent, headers: { connection: agent ? 'keep-alive' : 'close' } }).then(
    ({ status }) => String(status),
    (error: unknown) => (error as NodeJS.ErrnoException).code ?? String(error),
  );

/** Sends a request at every interval, whatever became of the others, until a second after the first refused one. */
async function loadUntilRefused(proxy: Proxy, agent: Agent | false): Promise<Outcome[]> {
  const outcomes: Promise<Outcome>[] = [];
  let end = Infinity;
  while (Date.now() < end) {
    const sentAt = Date.now();
    const outcome = sendOne(proxy, agent).then((result) => {
      if (result === 'ECONNREFUSED') end = Math.min(end, Date.now() + SECONDS);
      return { sentAt, result };
    });
    outcomes.push(outcome);
    await setTimeout(INTERVAL_MS);
  }
  return Promise.all(outcomes);
}

describe('after SIGTERM', () => {
  describe.each([
    ['one-request', () => false as const],
    ['keep-alive', () => new Agent({ keepAlive: true, maxSockets: 16 })],
  ])('of a %s client', (_, makeAgent) => {
    testSideBySide('every request is served for 4 s, and the proxy ends in time', async (kind) => {
      const proxy = await start(kind);
      const load = loadUntilRefused(proxy, makeAgent());
      const signalled = Date.now();
      const { status, seconds } = await stop(proxy, 'TERM');
      // One that is sent in the last moment may still be on its way when the 4 s are over.
      const inTime = (await load).filter(({ sentAt }) => sentAt < signalled + ACCEPTS_SECONDS * SECONDS - IN_FLIGHT_MS);

      expect(status).toBe(0);
      expect(seconds).toBeLessThan(STOP_WITHIN_SECONDS);
      expect(inTime.length).toBeGreaterThan(50);
      expect(new Set(inTime.map(({ result }) => result))).toEqual(new Set(['200']));
    });
  });

  testSideBySide('a keep-alive client is told to close while its requests are served', async (kind) => {
    const proxy = await start(kind);
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const ask = () => request(proxy, URL, { agent, headers: { connection: 'keep-alive' } });
    expect((await ask()).headers.connection).toBe('keep-alive');
    const stopped = stop(proxy, 'TERM');
    await until('the word', async () => {
      const { status, headers } = await ask();
      expect(status).toBe(200);
      return headers.connection === 'close' ? true : undefined;
    });
    agent.destroy();
    expect((await stopped).status).toBe(0);
  });

  testSideBySide(
    'a client that goes on coming is refused in the end, but for what is caught in the moment of closing',
    async (kind) => {
      const proxy = await start(kind);
      const load = loadUntilRefused(proxy, new Agent({ keepAlive: true, maxSockets: 16 }));
      await docker('kill', '--signal', 'TERM', proxy.container);
      const results = (await load).map(({ result }) => result);
      const caught = results.filter((result) => !['200', 'ECONNREFUSED'].includes(result));
      expect(results).toEqual(expect.arrayContaining(['200', 'ECONNREFUSED']));
      expect(caught.filter((result) => !['ECONNRESET', '503'].includes(result))).toEqual([]);
      expect(caught.length).toBeLessThanOrEqual(CAUGHT_AT_MOST);
    },
  );

  testSideBySide('an open tunnel goes on after new connections are refused', async (kind) => {
    const proxy = await start(kind);
    const tunnel = await secure(await openTunnel(proxy, 'www.example.org:443'), { servername: 'www.example.org' });
    const stopped = stop(proxy, 'TERM');
    await until('a refused connection', () =>
      request(proxy, URL).then(
        () => undefined,
        (error: unknown) => (error as NodeJS.ErrnoException).code,
      ),
    );
    tunnel.write('GET / HTTP/1.1\r\nHost: www.example.org\r\nConnection: close\r\n\r\n');
    const [first] = (await once(tunnel, 'data')) as [Buffer];
    expect(first.toString()).toMatch(/^HTTP\/1\.1 200 /);
    expect((await stopped).status).toBe(0);
  });

  testSideBySide('a client that holds on to its tunnel does not keep the proxy', async (kind) => {
    const proxy = await start(kind);
    const tunnel = await secure(await openTunnel(proxy, 'www.example.org:443'), { servername: 'www.example.org' });
    tunnel.on('error', () => undefined);
    const { status, seconds } = await stop(proxy, 'TERM');
    expect(status).toBe(0);
    expect(seconds).toBeLessThan(STOP_WITHIN_SECONDS);
    tunnel.destroy();
  });
});

testSideBySide('SIGINT stops the proxy the same way', async (kind) => {
  const proxy = await start(kind);
  const stopped = stop(proxy, 'INT');
  expect(await request(proxy, URL)).toMatchObject({ status: 200 });
  const { status, seconds } = await stopped;
  expect(status).toBe(0);
  expect(seconds).toBeGreaterThan(ACCEPTS_SECONDS);
  expect(seconds).toBeLessThan(STOP_WITHIN_SECONDS);
});
