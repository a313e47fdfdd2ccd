import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import type { Endpoint } from '../../src/cell/directory';
import { RouteServiceSignature } from '../../src/cell/router-choice';
import { Router } from '../../src/cell/router';
import { ask as send, type HttpAnswer, portOf, waitFor } from '../../testing/system';

let app: Server;
let appPort: number;
let router: Router;
let endpoints: Endpoint[] = [];
const log: string[] = [];

/** More than the kernel's buffers hold. */
const LARGE = 64 * 1024 ** 2;
const LARGE_HEAD = `HTTP/1.1 200 OK\r\nContent-Length: ${LARGE}\r\n\r\n`;
const asked: string[] = [];

/** The connection that carries the large answer, and what the kernel has taken of it. */
let largest: Socket | undefined;
let sent = 0;

function sendLarge(socket: Socket): void {
  const piece = Buffer.alloc(LARGE / 64, 'x');
  const next = (): void => {
    sent += piece.length;
    if (sent < LARGE) socket.write(piece, next);
  };
  largest = socket.on('error', () => undefined);
  sent = 0;
  socket.write(LARGE_HEAD);
  socket.write(piece, next);
}

/** Waits until a number stays as it is. */
async function settled(read: () => number): Promise<void> {
  let last = -1;
  await waitFor(() => {
    const same = read() === last;
    last = read();
    return Promise.resolve(same);
  }, 'an end of the growth');
}

/** Answers with the request; a few paths behave differently. */
function behave(incoming: IncomingMessage, reply: (status: number, headers: object, body: string) => void): void {
  asked.push(`${incoming.method ?? ''} ${incoming.url ?? ''}`);
  if (incoming.url === '/reset') incoming.socket.destroy();
  else if (incoming.url === '/none') incoming.socket.end('HTTP/1.1 099 None\r\nContent-Length: 0\r\n\r\n');
  else if (incoming.url === '/half') {
    incoming.socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf', () => incoming.socket.destroy());
  } else if (incoming.url === '/login')
    reply(200, { 'Set-Cookie': 'JSESSIONID=abc; Path=/; Secure; SameSite=Lax' }, '');
  else if (incoming.url === '/logout') reply(200, { 'Set-Cookie': 'JSESSIONID=; Max-Age=0' }, '');
  else if (incoming.url === '/own') reply(200, { 'Set-Cookie': ['JSESSIONID=a', '__VCAP_ID__=own'] }, '');
  else if (incoming.url === '/cookies') reply(200, { 'Set-Cookie': ['a=1', 'b=2'], 'X-Vcap-Request-Id': 'mine' }, '');
  else if (incoming.url === '/garbage') incoming.socket.end('\x01no HTTP at all\xff\r\n\r\n');
  else if (incoming.url === '/large') sendLarge(incoming.socket);
  else if (incoming.url === '/early') reply(413, { Connection: 'close' }, 'too much');
  else
    void text(incoming).then((body) =>
      reply(200, {}, JSON.stringify({ method: incoming.method, url: incoming.url, headers: incoming.headers, body })),
    );
}

beforeAll(async () => {
  app = createServer((incoming, response) =>
    behave(incoming, (status, headers, body) => {
      response.writeHead(status, { ...headers }).end(body);
    }),
  );
  app.on('upgrade', (incoming: IncomingMessage, socket) => {
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: ${incoming.headers.upgrade ?? ''}\r\nConnection: Upgrade\r\n\r\n`,
    );
    socket.pipe(socket);
  });
  appPort = await portOf(app);
  router = await Router.listen({
    host: '127.0.0.1',
    port: 0,
    match: (host) =>
      host === 'demo.apps.localhost' && endpoints.length > 0 ? { key: host, path: '/shop', endpoints } : undefined,
    signature: new RouteServiceSignature(randomBytes(32)),
    log: (_endpoint, line) => log.push(line),
  });
});

afterAll(async () => {
  await router.close();
  app.closeAllConnections();
  app.close();
});

function endpoint(index: number, port = appPort): Endpoint {
  return {
    instanceGuid: `instance-${index}`,
    appGuid: 'app-guid',
    processType: 'web',
    index,
    address: '127.0.0.1',
    port,
  };
}

beforeEach(() => {
  endpoints = [endpoint(0)];
  log.length = 0;
  asked.length = 0;
});

const ask = (
  path: string,
  headers: Record<string, string | string[]> = {},
  method = 'GET',
  body?: string,
): Promise<HttpAnswer> =>
  send({ port: router.port, path, method, headers: { host: 'demo.apps.localhost', ...headers } }, body);

async function seen(headers: Record<string, string | string[]> = {}): Promise<Record<string, string>> {
  return (JSON.parse((await ask('/', headers)).body) as { headers: Record<string, string> }).headers;
}

test("the application gets the request with the platform's headers", async () => {
  const headers = await seen({
    Host: 'DEMO.apps.localhost:8701',
    Accept: 'text/html',
    Connection: 'X-Hop',
    'X-Hop': '1',
  });
  expect(headers).toEqual({
    host: 'DEMO.apps.localhost:8701',
    accept: 'text/html',
    connection: 'keep-alive',
    'x-forwarded-for': '127.0.0.1',
    'x-forwarded-proto': 'http',
    'x-request-start': expect.stringMatching(/^\d{13}$/) as string,
    'x-vcap-request-id': expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
    'x-cf-applicationid': 'app-guid',
    'x-cf-instanceid': 'instance-0',
    'x-cf-instanceindex': '0',
  });
});

test("a client's copies of the router's own headers are dropped, but forwarding headers are kept", async () => {
  const headers = await seen({
    'X-CF-ApplicationID': 'forged',
    'X-Vcap-Request-Id': 'forged',
    'X-Forwarded-For': '1.2.3.4, 5.6.7.8',
    'X-Forwarded-Proto': 'https',
    'X-Request-Start': '1',
  });
  expect(headers).toMatchObject({
    'x-cf-applicationid': 'app-guid',
    'x-vcap-request-id': expect.not.stringContaining('forged') as string,
    'x-forwarded-for': '1.2.3.4, 5.6.7.8, 127.0.0.1',
    'x-forwarded-proto': 'https',
    'x-request-start': '1',
  });
});

test('the client gets the answer with its request ID, and every header as often as it was sent', async () => {
  const { headers } = await ask('/cookies');
  expect(headers['set-cookie']).toEqual(['a=1', 'b=2']);
  expect(headers['x-vcap-request-id']).toMatch(/^[0-9a-f-]{36}$/);
});

test('bodies pass in both directions, whether their length is known or not', async () => {
  const large = 'x'.repeat(300_000);
  for (const [name, value] of [
    ['Content-Length', String(large.length)],
    ['Transfer-Encoding', 'chunked'],
  ] as const) {
    const { body } = await ask('/', { [name]: value }, 'POST', large);
    expect((JSON.parse(body) as { body: string }).body).toHaveLength(large.length);
  }
});

test('an answer before the end of the request reaches the client', async () => {
  expect(await ask('/early', {}, 'POST', 'x'.repeat(1000))).toMatchObject({ status: 413, body: 'too much' });
});

test('requests rotate through the instances', async () => {
  endpoints = [endpoint(0), endpoint(1), endpoint(2)];
  const indexes: string[] = [];
  for (let turn = 0; turn < 6; turn += 1) indexes.push((await seen())['x-cf-instanceindex'] ?? '');
  expect([...indexes.slice(0, 3)].sort()).toEqual(['0', '1', '2']);
  expect(indexes.slice(3)).toEqual(indexes.slice(0, 3));
});

describe('a client with a session', () => {
  const cookies = async (path: string, cookie?: string): Promise<string[] | undefined> =>
    (await ask(path, cookie === undefined ? {} : { cookie })).headers['set-cookie'];

  beforeEach(() => {
    endpoints = [endpoint(0), endpoint(1), endpoint(2)];
  });

  test('stays with the instance that started it', async () => {
    const [, sticky = ''] = (await cookies('/login')) ?? [];
    expect(sticky).toMatch(/^__VCAP_ID__=instance-[012]; Path=\/shop; HttpOnly; Secure; SameSite=Lax$/);
    const [pair = ''] = sticky.split(';');
    for (let turn = 0; turn < 4; turn += 1) {
      const headers = await seen({ cookie: `other=1; JSESSIONID=abc; ${pair}` });
      expect(`__VCAP_ID__=${headers['x-cf-instanceid'] ?? ''}`).toBe(pair);
    }
    expect(await cookies('/', `JSESSIONID=abc; ${pair}`)).toBeUndefined();
  });

  test('gets the cookie of the instance that takes over if its own is gone', async () => {
    expect(await cookies('/', 'JSESSIONID=abc; __VCAP_ID__=gone')).toEqual([
      expect.stringMatching(/^__VCAP_ID__=instance-[012]; Path=\/shop; HttpOnly$/),
    ]);
    endpoints = [endpoint(0), endpoint(1, 1)];
    expect(await cookies('/', 'JSESSIONID=abc; __VCAP_ID__=instance-1')).toEqual([
      '__VCAP_ID__=instance-0; Path=/shop; HttpOnly',
    ]);
  });

  test('forgets the instance with the session', async () => {
    expect((await cookies('/logout'))?.[1]).toMatch(/^__VCAP_ID__=instance-[012]; Path=\/shop; Max-Age=0; HttpOnly$/);
  });

  test('gets no cookie of the router if the application sets its own, or if there is no session', async () => {
    expect(await cookies('/own')).toEqual(['JSESSIONID=a', '__VCAP_ID__=own']);
    expect(await cookies('/cookies')).toEqual(['a=1', 'b=2']);
    expect(await cookies('/', '__VCAP_ID__=gone')).toBeUndefined();
  });
});

test('a request without a body is forwarded without one', async () => {
  for (const [method, length] of [
    ['POST', '0'],
    ['PATCH', '0'],
    ['DELETE', undefined],
    ['GET', undefined],
  ] as const) {
    const { headers } = JSON.parse((await ask('/', {}, method)).body) as { headers: Record<string, string> };
    expect([method, headers['content-length'], headers['transfer-encoding']]).toEqual([method, length, undefined]);
  }
});

test('an answer with an invalid status is a failure of the instance, not of the router', async () => {
  expect((await ask('/none')).status).toBe(502);
  expect((await ask('/')).status).toBe(200);
});

test('an answer that breaks off also breaks off for the client, and is logged', async () => {
  await expect(ask('/half')).rejects.toThrow();
  await waitFor(() => Promise.resolve(log.length === 1), 'the line of the log');
});

test("a request that can't reach an instance is retried with the next one, including its body", async () => {
  endpoints = [endpoint(0, 1), endpoint(1, 1), endpoint(2)];
  for (let turn = 0; turn < 3; turn += 1) {
    const { status, body } = await ask('/', {}, 'POST', 'the body');
    expect(status).toBe(200);
    expect(JSON.parse(body)).toMatchObject({ body: 'the body', headers: { 'x-cf-instanceindex': '2' } });
  }
});

test('fails with 502 if no instance can be reached, or one breaks off', async () => {
  const expected = { status: 502, body: '502 Bad Gateway: Registered endpoint failed to handle the request.\n' };
  for (const method of ['GET', 'POST']) {
    const broken = await ask('/reset', {}, method);
    expect(broken).toMatchObject(expected);
    expect(broken.headers['x-cf-routererror']).toMatch(/^endpoint_failure \(.+\)$/);
  }
  endpoints = [endpoint(0, 1)];
  expect(await ask('/')).toMatchObject(expected);
});

test('an answer that is not HTTP is a 502, with a reason that is valid in a header', async () => {
  for (const method of ['GET', 'POST']) {
    const { status, headers } = await ask('/garbage', {}, method);
    expect([status, headers['x-cf-routererror']]).toEqual([
      502,
      expect.stringMatching(/^endpoint_failure \([ -~]+\)$/),
    ]);
  }
});

test('a request whose connection ends without an answer is retried once, but only if it is repeatable', async () => {
  await ask('/reset');
  await ask('/reset', {}, 'POST');
  expect(asked).toEqual(['GET /reset', 'GET /reset', 'POST /reset']);
});

test('a large answer waits for a slow client', async () => {
  const socket = connect(router.port, '127.0.0.1');
  socket.write('GET /large HTTP/1.1\r\nHost: demo.apps.localhost\r\nConnection: close\r\n\r\n');
  await once(socket, 'readable');
  await settled(() => sent);
  expect(sent).toBeLessThan(LARGE / 2);
  expect((await text(socket)).length).toBeGreaterThan(LARGE);
});

test('a client that disconnects aborts its request', async () => {
  const socket = connect(router.port, '127.0.0.1');
  socket.write('GET /large HTTP/1.1\r\nHost: demo.apps.localhost\r\n\r\n');
  await once(socket, 'readable');
  socket.destroy();
  await waitFor(() => Promise.resolve(largest?.destroyed === true), 'the end of the connection to the application');
});

test('fails with 404 for an unknown host', async () => {
  const { status, body, headers } = await ask('/', { host: 'Other.apps.localhost' });
  expect([status, body]).toEqual([404, "404 Not Found: Requested route ('Other.apps.localhost') does not exist.\n"]);
  expect(headers).toMatchObject({
    'x-cf-routererror': 'unknown_route',
    'cache-control': 'no-cache, no-store',
    'content-type': 'text/plain; charset=utf-8',
    'x-content-type-options': 'nosniff',
  });
});

test('fails with 400 without a host', async () => {
  const socket = connect(router.port, '127.0.0.1');
  socket.end('GET / HTTP/1.0\r\n\r\n');
  const answer = await text(socket);
  expect(answer).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
  expect(answer).toContain('X-Cf-RouterError: empty_host\r\n');
});

test('a client can choose an instance; an unknown or invalid one is a 400', async () => {
  endpoints = [endpoint(0), endpoint(1)];
  for (const index of ['1', '1', '0']) {
    const headers = await seen({ 'X-CF-APP-INSTANCE': `app-guid:${index}` });
    expect([headers['x-cf-instanceindex'], headers['x-cf-app-instance']]).toEqual([index, undefined]);
  }
  expect(await ask('/', { 'X-CF-APP-INSTANCE': 'app-guid:7' })).toMatchObject({
    status: 400,
    body: "400 Bad Request: Requested instance ('7') with guid ('app-guid') does not exist for route ('demo.apps.localhost')\n",
  });
  expect((await ask('/', { 'X-CF-APP-INSTANCE': 'nonsense' })).headers['x-cf-routererror']).toBe(
    'invalid_cf_app_instance_header',
  );
});

test('an upgraded connection passes after its handshake', async () => {
  const socket = connect(router.port, '127.0.0.1');
  socket.write(
    'GET /ws HTTP/1.1\r\nHost: demo.apps.localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nearly',
  );
  let received = '';
  for await (const chunk of socket as AsyncIterable<Buffer>) {
    received += chunk.toString();
    if (received.endsWith('early')) socket.write(' late');
    if (received.endsWith('early late')) break;
  }
  expect(received).toMatch(/^HTTP\/1\.1 101 Switching Protocols\r\nUpgrade: websocket\r\n/);
  await waitFor(() => Promise.resolve(log.length === 1), 'the line of the log');
});

test('fails with 404 for an upgrade at an unknown host', async () => {
  const socket = connect(router.port, '127.0.0.1');
  socket.write('GET / HTTP/1.1\r\nHost: other\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
  expect(await text(socket)).toMatch(/^HTTP\/1\.1 404 Not Found\r\n/);
});

test("a request is one line in the application's log, which its client can't break", async () => {
  await ask('/a?b', { 'User-Agent': 'agent "1"' });
  expect(log).toHaveLength(1);
  expect(log[0]).toMatch(
    /^demo\.apps\.localhost - \[[^\]]+Z\] "GET \/a\?b HTTP\/1\.1" 200 0 [1-9]\d* "-" "agent \\"1\\"" "127\.0\.0\.1:\d+" "127\.0\.0\.1:\d+" /,
  );
});
