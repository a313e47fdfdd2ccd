import { setTimeout } from 'node:timers/promises';
import { docker, removeAll, until } from '../docker';
import { type Laboratory, type Proxy, startLaboratory } from '../laboratory';
import { dial, greeting, hear } from './dial';

const SECONDS = 1000;
jest.setTimeout(90 * SECONDS);

const GREETING = 'SSH-2.0-internet\r\n';
const LINE = 'git.example.org:22/tcp';
/** The time after which the platform kills a container that it has signaled. */
const KILLED_AFTER_SECONDS = 10;

let laboratory: Laboratory;

beforeAll(async () => {
  laboratory = await startLaboratory((site, _, nobody) => ({
    'git.example.org': [site],
    'nobody.example.org': [nobody],
  }));
}, 300 * SECONDS);

afterAll(removeAll, 60 * SECONDS);

/** Stops the container as the platform does, and returns its exit status: 137 if it had to be killed. */
async function stop({ container }: Pick<Proxy, 'container'>): Promise<number> {
  await docker('stop', '-t', String(KILLED_AFTER_SECONDS), container);
  return Number(await docker('inspect', '--format', '{{.State.ExitCode}}', container));
}

test('after SIGTERM, new connections are served for a while, then refused, and open ones continue meanwhile', async () => {
  const forward = await laboratory.startForward(LINE);
  const socket = await dial(forward);
  expect(await hear(socket, '\n')).toBe(GREETING);
  const signalled = Date.now();
  const stopped = stop(forward);
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
  expect(await stop(forward)).toBe(0);
  socket.destroy();
});

test('a signal in the first second has an effect', async () => {
  const ends = [0, 100, 400, 800].map(async (milliseconds) => {
    const { container } = await laboratory.createProxy({
      environment: { EGRESS_FORWARD: LINE, EGRESS_FORWARD_PORT: '10022' },
    });
    await docker('start', container);
    await setTimeout(milliseconds);
    return stop({ container });
  });
  expect(await Promise.all(ends)).toEqual([0, 0, 0, 0]);
});

describe('of a connection', () => {
  test("that the client has half closed, the server's data still arrives", async () => {
    const forward = await laboratory.startForward(LINE);
    const socket = await dial(forward, { allowHalfOpen: true });
    expect(await hear(socket, '\n')).toBe(GREETING);
    socket.end('the last words');
    expect(await hear(socket)).toBe('the last words');
  });

  test("to a host that doesn't answer, the client sees the end in time", async () => {
    const silent = await laboratory.startForward('nobody.example.org:22/tcp');
    expect(await greeting(silent)).toBe('cut');
  });
});
