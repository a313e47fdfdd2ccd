import { once } from 'node:events';
import { Agent } from 'node:http';
import { setTimeout } from 'node:timers/promises';
import { openTunnel, request, secure } from './client';
import { docker, removeAll, stop, until } from './docker';
import { type Kind, type Laboratory, type Proxy, startLaboratory, testSideBySide } from './laboratory';

const SECONDS = 1000;
jest.setTimeout(60 * SECONDS);

// A request is sent every 5 ms, 200 a second, unless as many are in progress
// as the keep-alive client has sockets.
const ACCEPTS_SECONDS = 4;
const INTERVAL_MS = 5;
const AT_ONCE = 16;
/** The time that a busy machine can need for a request. */
const IN_FLIGHT_MS = 2000;
/** Connections of a persistent client that can be between the kernel and squid when the listening socket closes. */
const CAUGHT_AT_MOST = AT_ONCE;
const URL = 'http://www.example.org/';

let laboratory: Laboratory;

beforeAll(async () => {
  laboratory = await startLaboratory((site) => ({ 'www.example.org': [site] }));
}, 300 * SECONDS);

afterAll(removeAll, 60 * SECONDS);

const start = (kind: Kind, ...more: string[]) =>
  laboratory.startProxy({ kind, allow: ['www.example.org:80,443'], arguments: more });

interface Outcome {
  readonly sentAt: number;
  readonly endedAt: number;
  readonly result: string;
}

const sendOne = (proxy: Proxy, agent: Agent | false): Promise<string> =>
  request(proxy, URL, { agent, headers: { connection: agent ? 'keep-alive' : 'close' } }).then(
    ({ status }) => String(status),
    (error: unknown) => (error as NodeJS.ErrnoException).code ?? String(error),
  );

/** Sends requests until a second after the first refused one, regardless of earlier results. */
async function loadUntilRefused(proxy: Proxy, agent: Agent | false): Promise<Outcome[]> {
  const outcomes: Promise<Outcome>[] = [];
  let underWay = 0;
  let end = Infinity;
  const send = async (): Promise<Outcome> => {
    const sentAt = Date.now();
    underWay += 1;
    const result = await sendOne(proxy, agent);
    underWay -= 1;
    const endedAt = Date.now();
    if (result === 'ECONNREFUSED') end = Math.min(end, endedAt + SECONDS);
    return { sentAt, endedAt, result };
  };
  while (Date.now() < end) {
    if (underWay < AT_ONCE) outcomes.push(send());
    await setTimeout(INTERVAL_MS);
  }
  return Promise.all(outcomes);
}

/** Sends requests on one connection, and returns whether the answers say that it is kept open. */
function keepAsking(proxy: Proxy): {
  readonly isKept: () => Promise<boolean>;
  readonly untilTold: () => Promise<void>;
} {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const isKept = async () => {
    const { status, headers } = await request(proxy, URL, { agent, headers: { connection: 'keep-alive' } });
    expect(status).toBe(200);
    return headers.connection === 'keep-alive';
  };
  return {
    isKept,
    async untilTold() {
      await until('the word', async () => ((await isKept()) ? undefined : true));
      agent.destroy();
    },
  };
}

describe('after SIGTERM', () => {
  describe.each([
    ['one-request', () => false as const],
    ['keep-alive', () => new Agent({ keepAlive: true, maxSockets: AT_ONCE })],
  ])('of a %s client', (_, makeAgent) => {
    testSideBySide('every request is served for 4 s, and the proxy ends in time', async (kind) => {
      const proxy = await start(kind);
      const load = loadUntilRefused(proxy, makeAgent());
      const signalled = Date.now();
      expect(await stop(proxy.container)).toBe(0);
      const outcomes = await load;
      const over = signalled + ACCEPTS_SECONDS * SECONDS;
      const served = outcomes.filter(({ result }) => result === '200');
      const failed = outcomes.filter(({ result }) => result !== '200');

      expect(failed.filter(({ sentAt, endedAt }) => endedAt < over || sentAt < over - IN_FLIGHT_MS)).toEqual([]);
      expect(served.some(({ sentAt }) => sentAt > over - SECONDS)).toBe(true);
    });
  });

  testSideBySide('a keep-alive client is told to close while its requests are served', async (kind) => {
    const proxy = await start(kind);
    const client = keepAsking(proxy);
    expect(await client.isKept()).toBe(true);
    const stopped = stop(proxy.container);
    await client.untilTold();
    expect(await stopped).toBe(0);
  });

  testSideBySide(
    'a client that keeps connecting is refused in the end, except for requests at the moment of closing',
    async (kind) => {
      const proxy = await start(kind);
      const load = loadUntilRefused(proxy, new Agent({ keepAlive: true, maxSockets: AT_ONCE }));
      await docker('kill', '--signal', 'TERM', proxy.container);
      const results = (await load).map(({ result }) => result);
      const caught = results.filter((result) => !['200', 'ECONNREFUSED'].includes(result));
      expect(results).toEqual(expect.arrayContaining(['200', 'ECONNREFUSED']));
      expect(caught.filter((result) => !['ECONNRESET', '503'].includes(result))).toEqual([]);
      expect(caught.length).toBeLessThanOrEqual(CAUGHT_AT_MOST);
    },
  );

  testSideBySide('an open tunnel continues after new connections are refused', async (kind) => {
    const proxy = await start(kind);
    const tunnel = await secure(await openTunnel(proxy, 'www.example.org:443'), { servername: 'www.example.org' });
    const stopped = stop(proxy.container);
    await until('a refused connection', () =>
      request(proxy, URL).then(
        () => undefined,
        (error: unknown) => (error as NodeJS.ErrnoException).code,
      ),
    );
    tunnel.write('GET / HTTP/1.1\r\nHost: www.example.org\r\nConnection: close\r\n\r\n');
    const [first] = (await once(tunnel, 'data')) as [Buffer];
    expect(first.toString()).toMatch(/^HTTP\/1\.1 200 /);
    expect(await stopped).toBe(0);
  });

  testSideBySide("a client that keeps its tunnel open doesn't delay the end of the proxy", async (kind) => {
    const proxy = await start(kind);
    const tunnel = await secure(await openTunnel(proxy, 'www.example.org:443'), { servername: 'www.example.org' });
    tunnel.on('error', () => undefined);
    expect(await stop(proxy.container)).toBe(0);
    tunnel.destroy();
  });
});

testSideBySide(
  'a client closes its idle connections sooner than a proxy that is stopping would close them',
  async (kind) => {
    const proxy = await start(kind);
    // A Node.js agent without its own limit ignores the server's.
    const agent = new Agent({ keepAlive: true, timeout: 10 * 60 * SECONDS });
    const idle = () => Object.values(agent.freeSockets).flatMap((sockets) => sockets ?? []).length;
    const { headers } = await request(proxy, URL, { agent, headers: { connection: 'keep-alive' } });
    expect(headers).toMatchObject({
      connection: 'keep-alive',
      'keep-alive': expect.stringMatching(/^timeout=\d+$/) as string,
    });
    expect(Number(String(headers['keep-alive']).split('=')[1])).toBeLessThan(ACCEPTS_SECONDS);
    await until('an idle connection', () => Promise.resolve(idle() > 0 || undefined));
    await until('no idle connection', () => Promise.resolve(idle() === 0 || undefined));
  },
);

test.each([0, 50, 100, 200, 400, 800])(
  'a signal in the first second has an effect: %i ms after the start',
  async (milliseconds) => {
    const { container } = await laboratory.createProxy({ allow: ['www.example.org:80,443'] });
    await docker('start', container);
    await setTimeout(milliseconds);
    expect(await stop(container)).toBe(0);
  },
);

testSideBySide('SIGINT stops the proxy the same way', async (kind) => {
  const proxy = await start(kind, '--stop-signal', 'INT');
  const before = Date.now();
  const stopped = stop(proxy.container);
  // At this point, the signal has arrived.
  await keepAsking(proxy).untilTold();
  expect(await request(proxy, URL)).toMatchObject({ status: 200 });
  expect(await stopped).toBe(0);
  expect(Date.now() - before).toBeGreaterThan(ACCEPTS_SECONDS * SECONDS);
});
