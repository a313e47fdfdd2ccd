import { type Socket } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { FORWARD_HEALTH } from '../../../constructs/values/health-check';
import { readLog } from '../../support/proxy-log';
import { dial, greeting, hear, request } from '../client';
import { addressesOf, docker, logs, removeAll, stateOf, stop, until } from '../docker';
import { type Laboratory, type Proxy, startLaboratory } from '../laboratory';

const SECONDS = 1000;
jest.setTimeout(180 * SECONDS);

const GREETING = 'SSH-2.0-internet\r\n';
const LINE = 'git.example.org:22/tcp';
const METADATA = '169.254.169.254';
/** Names below example.org. */
const CLOSED = [
  'private',
  'own',
  'this',
  'metadata',
  'mapped.ipv6',
  'old.ipv6',
  'relay.ipv6',
  'public.ipv6',
  'some.ipv6',
];

/** Connections from each address; more than there is room for in total. */
const EACH = 900;
const BLOCK = Buffer.alloc(64 * 1024, 'x');
/** More than all buffers in both directions can hold. */
const BLOCKS = 40;

let laboratory: Laboratory;

beforeAll(async () => {
  laboratory = await startLaboratory((site, privateAddress, nobody) => ({
    'git.example.org': [site],
    'nobody.example.org': [nobody],
    'private.example.org': [privateAddress],
    'own.example.org': ['127.0.0.1'],
    'this.example.org': ['0.0.0.0'],
    'metadata.example.org': [METADATA],
    'mapped.ipv6.example.org': [`::ffff:${site}`],
    'old.ipv6.example.org': [`::${site}`],
    'relay.ipv6.example.org': ['2002:0808:0808::1'],
    'public.ipv6.example.org': ['2606:4700::1'],
    'some.ipv6.example.org': ['::1', 'fd00::1', `::ffff:${privateAddress}`],
    'both.example.org': [site, privateAddress],
    'also.example.org': ['10.0.0.1', '127.0.0.1', METADATA, site],
    'a.turns.example.org': [site, privateAddress, site],
    'b.turns.example.org': [privateAddress, site],
    'silence.example.org': [site],
  }));
}, 300 * SECONDS);

afterAll(removeAll, 60 * SECONDS);

/** The log's lines about the connections so far. */
async function entries({ container }: Proxy) {
  return readLog((await logs(container)).stdout).entries;
}

async function entriesOf(forward: Proxy, count: number) {
  return until(`${count} lines`, async () => {
    const all = await entries(forward);
    return all.length >= count ? all : undefined;
  });
}

describe('a forwarded connection', () => {
  test('reaches the one host and port in both directions, and is logged like a tunnel of the proxy', async () => {
    const forward = await laboratory.startForward(LINE);
    const socket = await dial(forward);
    expect(await hear(socket, '\n')).toBe(GREETING);
    socket.write('much ado\n');
    expect(await hear(socket, 'ado\n')).toBe('much ado\n');
    socket.destroy();
    expect(await entriesOf(forward, 1)).toEqual([
      expect.objectContaining({
        method: 'TCP',
        host: 'git.example.org',
        port: 22,
        verdict: 'allowed',
        rule: 'listed',
        received: 9,
        sent: GREETING.length + 9,
      }),
    ]);
  });

  test('is closed before a byte is sent if the name resolves to a closed address, or to IPv6', async () => {
    const outcomes = CLOSED.map(async (name) => {
      const forward = await laboratory.startForward(`${name}.example.org:22/tcp`);
      const heard = await greeting(forward);
      const [{ verdict, rule, sent } = {}] = await entriesOf(forward, 1);
      return { name, heard, verdict, rule, sent };
    });
    expect(await Promise.all(outcomes)).toEqual(
      CLOSED.map((name) => ({ name, heard: 'cut', verdict: 'refused', rule: 'address', sent: 0 })),
    );
  });

  test("is closed in time if the name server doesn't answer, or says that the name doesn't exist", async () => {
    const outcomes = ['silence', 'unknown'].map(async (name) => {
      const forward = await laboratory.startForward(`${name}.example.org:22/tcp`);
      expect(await greeting(forward)).toBe('cut');
      expect(await entriesOf(forward, 1)).toEqual([expect.objectContaining({ verdict: 'failed', rule: 'name' })]);
    });
    await Promise.all(outcomes);
  });

  test('reaches a private address within the range of the destination only', async () => {
    const { range, otherRange } = laboratory.private;
    const inside = await laboratory.startForward(`private.example.org:22/tcp@${range}`);
    expect(await greeting(inside)).toBe(GREETING);
    expect(await entriesOf(inside, 1)).toEqual([expect.objectContaining({ verdict: 'allowed', rule: 'listed-range' })]);
    for (const line of [`private.example.org:22/tcp@${otherRange}`, `git.example.org:22/tcp@${range}`]) {
      const outside = await laboratory.startForward(line);
      expect(await greeting(outside)).toBe('cut');
      expect(await entriesOf(outside, 1)).toEqual([expect.objectContaining({ verdict: 'refused', rule: 'address' })]);
    }
  });

  test('goes to what the name resolves to at that moment, and to exactly the address that was checked', async () => {
    const [first, second] = await Promise.all([
      laboratory.startForward('a.turns.example.org:22/tcp'),
      laboratory.startForward('b.turns.example.org:22/tcp'),
    ]);
    const inTurn = async (forward: Proxy, times: number) => {
      const heard: string[] = [];
      for (let turn = 0; turn < times; turn += 1) heard.push(await greeting(forward));
      return heard;
    };
    expect(await inTurn(first, 3)).toEqual([GREETING, 'cut', GREETING]);
    expect(await inTurn(second, 2)).toEqual(['cut', GREETING]);
    const asked = (await laboratory.queries()).filter((name) => name === 'a.turns.example.org');
    expect(asked).toHaveLength(3);
  });

  test('never reaches a closed address of several', async () => {
    const TIMES = 8;
    for (const name of ['both.example.org', 'also.example.org']) {
      const forward = await laboratory.startForward(`${name}:22/tcp`);
      for (let turn = 0; turn < TIMES; turn += 1) await greeting(forward);
      await entriesOf(forward, TIMES);
      const lines = (await logs(forward.container)).stdout.match(/^.*"verdict".*$/gm) ?? [];
      const outcomes = lines.map((line) => JSON.parse(line) as { verdict: string; address: string; sent: number });
      expect(outcomes).toHaveLength(TIMES);
      for (const { verdict, address, sent } of outcomes) {
        expect([verdict, address, sent]).toEqual(
          verdict === 'allowed'
            ? ['allowed', laboratory.site, GREETING.length]
            : ['refused', expect.not.stringContaining(laboratory.site) as string, 0],
        );
      }
    }
  });
});

test('it listens only on the port of the destination and the two of the platform’s check', async () => {
  const { container } = await laboratory.startForward(LINE);
  const table = await docker('exec', container, 'cat', '/proc/net/tcp', '/proc/net/tcp6');
  const listening = table
    .split('\n')
    .map((line) => line.trim().split(/ +/))
    .filter(([, , , state]) => state === '0A')
    .map(([, local = '']) => local)
    // The name server that the container engine adds to each container.
    .filter((local) => !local.startsWith('0B00007F'))
    .map((local) => parseInt(local.split(':')[1] ?? '', 16));
  expect(listening.sort((a, b) => a - b)).toEqual([3128, 8080, 10_022]);
});

test('after SIGTERM, new connections are served for a while, then refused, and open ones continue meanwhile', async () => {
  const forward = await laboratory.startForward(LINE);
  const socket = await dial(forward);
  expect(await hear(socket, '\n')).toBe(GREETING);
  const signalled = Date.now();
  const stopped = stop(forward.container);
  const served: number[] = [];
  await until('a refused connection', async () => {
    const outcome = await greeting(forward).catch((error: unknown) => (error as NodeJS.ErrnoException).code);
    if (outcome === 'ECONNREFUSED') return true;
    expect(outcome).toBe(GREETING);
    served.push(Date.now() - signalled);
    return undefined;
  });
  expect(served.some((after) => after > 3 * SECONDS)).toBe(true);
  socket.write('still here\n');
  expect(await hear(socket, '\n')).toBe('still here\n');
  socket.destroy();
  expect(await stopped).toBe(0);
});

test("a client that keeps its connection open doesn't delay the end", async () => {
  const forward = await laboratory.startForward(LINE);
  const socket = await dial(forward);
  expect(await hear(socket, '\n')).toBe(GREETING);
  expect(await stop(forward.container)).toBe(0);
  socket.destroy();
});

test('a signal in the first second has an effect', async () => {
  const ends = [0, 100, 400, 800].map(async (milliseconds) => {
    const { container } = await laboratory.createProxy({
      environment: { EGRESS_FORWARD: LINE, EGRESS_FORWARD_PORT: '10022' },
    });
    await docker('start', container);
    await setTimeout(milliseconds);
    return stop(container);
  });
  expect(await Promise.all(ends)).toEqual([0, 0, 0, 0]);
});

describe('the end of a connection', () => {
  test("by the client's half doesn't stop the server's data", async () => {
    const forward = await laboratory.startForward(LINE);
    const socket = await dial(forward, { allowHalfOpen: true });
    expect(await hear(socket, '\n')).toBe(GREETING);
    socket.end('the last words');
    expect(await hear(socket)).toBe('the last words');
  });

  test("to a host that doesn't answer comes in time", async () => {
    const silent = await laboratory.startForward('nobody.example.org:22/tcp');
    expect(await greeting(silent)).toBe('cut');
  });
});

const LIMIT = '64m';

/** The same application at its two addresses. In each of the two networks, this machine has a different address. */
async function crowdable(): Promise<{ forward: Proxy; listeners: Proxy[] }> {
  const forward = await laboratory.startForward(LINE, {
    environment: { MEMORY_LIMIT: LIMIT },
    arguments: ['--memory', LIMIT, '--memory-swap', LIMIT],
  });
  const addresses = await addressesOf(forward.container);
  expect(addresses).toHaveLength(2);
  return { forward, listeners: addresses.map((host) => ({ ...forward, host })) };
}

/** Opens this many connections, and passes each to the function. */
async function open(listener: Proxy, count: number, then: (socket: Socket) => void): Promise<Socket[]> {
  const sockets = await Promise.all(Array.from({ length: count }, () => dial(listener)));
  sockets.forEach(then);
  return sockets;
}

/** Sends data that the server sends back, and reads nothing. */
const fill = (socket: Socket): void => {
  socket.pause();
  for (let block = 0; block < BLOCKS; block += 1) socket.write(BLOCK);
};

const wait = (socket: Socket): void => {
  socket.resume();
};

test.each([
  ['say nothing', wait],
  ['send much and read nothing', fill],
])('a forwarder with 64 MB survives two addresses that %s on every connection they get', async (_, then) => {
  const { forward, listeners } = await crowdable();
  const sockets = (await Promise.all(listeners.map((listener) => open(listener, EACH, then)))).flat();
  const crowded = () => logs(forward.container).then(({ stdout }) => stdout.match(/"rule":"crowded"/g)?.length ?? 0);
  await until('connections without room', async () => ((await crowded()) > EACH / 2 ? true : undefined));
  expect(await request({ ...forward, port: 3128 }, FORWARD_HEALTH)).toMatchObject({ status: 200 });
  for (const socket of sockets) socket.destroy();
  const state = await stateOf(forward.container);
  expect(state).toBe('false true');
  await until('room', async () => ((await greeting(forward)) === GREETING ? true : undefined));
});

test('an address that takes everything it can leaves room for another one', async () => {
  const { forward, listeners } = await crowdable();
  const [first, second] = listeners as [Proxy, Proxy];
  const sockets = await open(first, EACH, wait);
  await until('the end of room', async () =>
    (await logs(forward.container)).stdout.includes('"rule":"crowded"') ? true : undefined,
  );
  expect(await greeting(first)).toBe('cut');
  expect(await greeting(second)).toBe(GREETING);
  for (const socket of sockets) socket.destroy();
});
