import { once } from 'node:events';
import { createServer, get, type Server } from 'node:http';
import { join } from 'node:path';
import { ask, portOf, waitFor } from '../../testing/system';
import { cutOff, sendLarge, Slow, statusesOf } from '../support/flood';
import { ServerProcess } from '../support/server-process';

jest.setTimeout(240_000);

const GIB = 1024 ** 3;
/** In MiB, far below what is sent. */
const ROOM = 256;
const HOST = { host: 'demo.apps.localhost' };
const HEAD = 'POST /slow HTTP/1.1\r\nHost: demo.apps.localhost\r\n';

/** Answers with the size of the request; `/large` answers with 2 GiB. */
let app: Server;
let router: ServerProcess;
/** Bytes of bodies to `/slow` that have come so far. */
let trickled = 0;

beforeAll(async () => {
  app = createServer((incoming, response) => {
    let size = 0;
    incoming.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (incoming.url === '/slow') trickled += chunk.length;
    });
    incoming.on('end', () => {
      if (incoming.url === '/large') {
        void sendZeros(response, 2 * GIB);
      } else response.end(String(size));
    });
  });
  const args = [String(await portOf(app))];
  router = await ServerProcess.fromSource(join(__dirname, 'support', 'router-program.ts'), args, {});
});

afterAll(async () => {
  await router.stop();
  app.closeAllConnections();
  app.close();
});

async function sendZeros(to: NodeJS.WritableStream, size: number): Promise<void> {
  const chunk = Buffer.alloc(1024 * 1024);
  for (let sent = 0; sent < size; sent += chunk.length) if (!to.write(chunk)) await once(to, 'drain');
  to.end();
}

async function served(): Promise<void> {
  expect(await ask({ port: router.port, headers: HOST })).toMatchObject({ status: 200, body: '0' });
}

test('thousands of clients that send nothing, half the headers, or a byte a second get a 408 while others are served', async () => {
  const before = await router.peak();
  const silent = [...(await Slow.openMany(1000, router.port, '')), ...(await Slow.openMany(1000, router.port, HEAD))];
  const writing = await Slow.openMany(1000, router.port, HEAD, 'x');
  await cutOff([...silent, ...writing], served);
  expect(statusesOf(silent)).toEqual({ 408: 2000 });
  // If a byte arrives after the connection is closed, the kernel drops what the client has not read yet.
  const { 408: told = 0, none = 0 } = statusesOf(writing);
  expect(told + none).toBe(1000);
  expect(told).toBeGreaterThan(none);
  expect((await router.peak()) - before).toBeLessThan(ROOM);
  await served();
});

test('slow bodies are streamed to a slow application while others are served', async () => {
  const before = await router.peak();
  const slow = await Slow.openMany(500, router.port, `${HEAD}Content-Length: 4\r\n\r\n`, 'x', 4);
  await waitFor(() => Promise.resolve(trickled > 0), 'the first bytes to reach the application');
  await served();
  const answered = (): Promise<boolean> =>
    Promise.resolve(slow.every(({ status, ended }) => status !== 'none' || ended));
  await waitFor(answered, 'all of them to be answered');
  expect(statusesOf(slow)).toEqual({ 200: 500 });
  expect(trickled).toBe(2000);
  expect((await router.peak()) - before).toBeLessThan(ROOM);
  for (const one of slow) one.close();
});

test('a body of 2 GiB passes without being held in memory', async () => {
  const before = await router.peak();
  const size = 2 * GIB;
  const headers = { ...HOST, 'content-length': String(size) };
  const answer = await sendLarge({ port: router.port, path: '/', size, headers });
  expect(answer).toMatchObject({ status: 200, text: String(size) });
  expect((await router.peak()) - before).toBeLessThan(ROOM);
});

test('an answer of 2 GiB waits for a client that does not read, without being held in memory', async () => {
  const before = await router.peak();
  const request = get({ port: router.port, host: '127.0.0.1', path: '/large', headers: HOST, agent: false });
  const [response] = (await once(request, 'response')) as [NodeJS.ReadableStream];
  for (let asked = 0; asked < 20; asked += 1) await served();
  let size = 0;
  for await (const chunk of response) size += (chunk as Buffer).length;
  expect(size).toBe(2 * GIB);
  expect((await router.peak()) - before).toBeLessThan(ROOM);
});
