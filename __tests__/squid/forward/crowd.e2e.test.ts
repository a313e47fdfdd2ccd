import type { Socket } from 'node:net';
import { FORWARD_HEALTH } from '../../../constructs/values/health-check';
import { request } from '../client';
import { docker, logs, removeAll, until } from '../docker';
import { type Laboratory, type Proxy, startLaboratory } from '../laboratory';
import { dial, greeting } from './dial';

const SECONDS = 1000;
jest.setTimeout(180 * SECONDS);

const GREETING = 'SSH-2.0-internet\r\n';
/** From each address; more than there is room for in total. */
const EACH = 900;
const BLOCK = Buffer.alloc(64 * 1024, 'x');
/** More than all buffers in both directions can hold. */
const BLOCKS = 40;

let laboratory: Laboratory;

beforeAll(async () => {
  laboratory = await startLaboratory((site) => ({ 'git.example.org': [site] }));
}, 300 * SECONDS);

afterAll(removeAll, 60 * SECONDS);

const LIMIT = '64m';

/** The same application at its two addresses. In each of the two networks, this machine has a different address. */
async function crowdable(): Promise<{ forward: Proxy; listeners: Proxy[] }> {
  const forward = await laboratory.startForward('git.example.org:22/tcp', {
    environment: { MEMORY_LIMIT: LIMIT },
    arguments: ['--memory', LIMIT, '--memory-swap', LIMIT],
  });
  const format = '{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}';
  const addresses = (await docker('inspect', '--format', format, forward.container)).split(' ');
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
])('two addresses that %s over every connection that they get do not end one of 64 MB', async (_, then) => {
  const { forward, listeners } = await crowdable();
  const sockets = (await Promise.all(listeners.map((listener) => open(listener, EACH, then)))).flat();
  const crowded = () => logs(forward.container).then(({ stdout }) => stdout.match(/"rule":"crowded"/g)?.length ?? 0);
  await until('connections without room', async () => ((await crowded()) > EACH / 2 ? true : undefined));
  expect(await request({ ...forward, port: 3128 }, FORWARD_HEALTH)).toMatchObject({ status: 200 });
  for (const socket of sockets) socket.destroy();
  const state = await docker('inspect', '--format', '{{.State.OOMKilled}} {{.State.Running}}', forward.container);
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
