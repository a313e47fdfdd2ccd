/** Routes with a route service, over real connections; the service is an application, too. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { connect, createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { RouteRule } from '../../src/cell/cell';
import { Directory } from '../../src/cell/directory';
import { RouteServiceSignature } from '../../src/cell/router-choice';
import { Router } from '../../src/cell/router';
import { ask, type HttpAnswer, portOf } from '../../testing/system';

type Headers = Record<string, string | string[] | undefined>;

interface Received {
  readonly app: string;
  readonly method: string;
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly body: string;
}

const SERVICE = 'https://guard.apps.localhost/check?by=guard';
const MINUTE = 60_000;

let router: Router;
let directory: Directory;
const servers: Server[] = [];
let ports: Record<'shop' | 'guard', number>;
let now = 0;
/** The requests to each application, and the router's log. */
let received: Received[] = [];
let log: string[] = [];
/** What the route service does with a request. */
let guard: (incoming: IncomingMessage, body: string) => Promise<HttpAnswer>;

const send = (
  host: string,
  path: string,
  headers: Headers = {},
  { method = 'GET', body }: { method?: string; body?: string } = {},
): Promise<HttpAnswer> => ask({ port: router.port, path, method, headers: { ...headers, host } }, body);

/** Forwards a request as a route service does: to the given URL, with the headers that it got. */
const sendOn = (incoming: IncomingMessage, body: string, more: Headers = {}): Promise<HttpAnswer> => {
  const { host, pathname, search } = new URL(String(incoming.headers['x-cf-forwarded-url']));
  const headers = { ...incoming.headers, connection: 'close', ...more };
  return send(host, pathname + search, headers, { method: incoming.method, body });
};

const open = async (
  app: string,
  behave: (incoming: IncomingMessage, body: string) => Promise<Partial<HttpAnswer>>,
): Promise<number> => {
  const server = createServer((incoming, response) => {
    void (async () => {
      const body = await text(incoming);
      const { method = '', url = '', headers } = incoming;
      received.push({ app, method, url, headers: headers as Record<string, string>, body });
      const answer = await behave(incoming, body);
      response.writeHead(answer.status ?? 200, { ...answer.headers }).end(answer.body);
    })();
  });
  servers.push(server);
  return portOf(server);
};

const rule = (hostname: string, app: 'shop' | 'guard', routeService?: string, path = ''): RouteRule => ({
  hostname,
  path,
  internal: false,
  ...(routeService === undefined ? {} : { routeService }),
  destinations: [{ appGuid: app, processType: 'web', port: ports[app] }],
});

const backend = (appGuid: 'shop' | 'guard', index = 0) => ({
  instanceGuid: `${appGuid}-${index}`,
  appGuid,
  processType: 'web',
  index,
  address: '127.0.0.1',
});

const direct = (...rules: RouteRule[]): void => {
  directory = new Directory(rules, [backend('shop'), backend('guard')]);
};

beforeAll(async () => {
  ports = {
    shop: await open('shop', () =>
      Promise.resolve({ status: 201, headers: { 'set-cookie': ['JSESSIONID=1'] }, body: 'goods' }),
    ),
    guard: await open('guard', (incoming, body) => guard(incoming, body)),
  };
  router = await Router.listen({
    host: '127.0.0.1',
    port: 0,
    match: (host, path) => directory.match(host, path),
    signature: new RouteServiceSignature(randomBytes(32), () => now),
    log: ({ appGuid }, line) => log.push(`${appGuid} ${line}`),
  });
});

afterAll(async () => {
  await router.close();
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
});

beforeEach(() => {
  now = 1_000_000;
  received = [];
  log = [];
  guard = (incoming, body) => sendOn(incoming, body, { 'x-checked': 'yes' });
  direct(rule('shop.apps.localhost', 'shop', SERVICE), rule('guard.apps.localhost', 'guard'));
});

const apps = (): string[] => received.map(({ app }) => app);

test('a request goes to the route service, which forwards it to the application', async () => {
  const order = { method: 'POST', body: 'a basket' };
  const answer = await send('Shop.apps.localhost:8701', '/buy?what=1', { 'x-own': '1' }, order);
  expect([answer.status, answer.body]).toEqual([201, 'goods']);
  const [asked, served] = received;
  expect(asked).toMatchObject({ app: 'guard', method: 'POST', url: '/check?by=guard', body: 'a basket' });
  expect(asked?.headers).toMatchObject({
    host: 'guard.apps.localhost',
    'x-own': '1',
    'x-cf-applicationid': 'guard',
    'x-cf-forwarded-url': 'http://Shop.apps.localhost/buy?what=1',
    'x-cf-proxy-signature': expect.stringMatching(/^[\w-]+$/) as string,
    'x-cf-proxy-metadata': expect.stringMatching(/^[\w-]+$/) as string,
  });
  expect(served).toMatchObject({ app: 'shop', method: 'POST', url: '/buy?what=1', body: 'a basket' });
  expect(served?.headers).toMatchObject({ 'x-own': '1', 'x-checked': 'yes', 'x-cf-applicationid': 'shop' });
  expect(Object.keys(served?.headers ?? {}).filter((name) => /proxy|forwarded-url/.test(name))).toEqual([]);
});

test('both requests are logged for the applications that answered', async () => {
  await send('shop.apps.localhost', '/buy');
  expect(log.map((line) => line.replace(/ - .*?\] /, ' ').split('" ')[0]).sort()).toEqual([
    'guard guard.apps.localhost "GET /check?by=guard HTTP/1.1',
    'shop shop.apps.localhost "GET /buy HTTP/1.1',
  ]);
});

test("a session is with the application's instance, never with the route service's", async () => {
  const { headers } = await send('shop.apps.localhost', '/');
  expect(headers['set-cookie']).toEqual(['JSESSIONID=1', '__VCAP_ID__=shop-0; Path=/; HttpOnly']);
});

test('requests rotate through the instances of the route service and of the application', async () => {
  const rules = [rule('shop.apps.localhost', 'shop', SERVICE), rule('guard.apps.localhost', 'guard')];
  directory = new Directory(rules, [backend('shop'), backend('shop', 1), backend('guard'), backend('guard', 1)]);
  for (let time = 0; time < 4; time += 1) await send('shop.apps.localhost', '/');
  const turns = (app: string): unknown[] =>
    received.filter((one) => one.app === app).map(({ headers }) => headers['x-cf-instanceindex']);
  for (const app of ['shop', 'guard']) {
    const [first, second] = turns(app);
    expect([first, second].sort()).toEqual(['0', '1']);
    expect(turns(app)).toEqual([first, second, first, second]);
  }
});

test('the route service can answer itself', async () => {
  guard = () => Promise.resolve({ status: 429, headers: {}, body: 'slowly' });
  expect(await send('shop.apps.localhost', '/')).toMatchObject({ status: 429, body: 'slowly' });
  expect(apps()).toEqual(['guard']);
});

test("a client's own headers for the URL and the metadata are dropped", async () => {
  const forged = { 'X-CF-Forwarded-Url': 'http://guard.apps.localhost/', 'X-CF-Proxy-Metadata': 'e30' };
  await send('shop.apps.localhost', '/buy', forged);
  expect(received[0]?.headers['x-cf-forwarded-url']).toBe('http://shop.apps.localhost/buy');
  expect(apps()).toEqual(['guard', 'shop']);
});

test('a route without a route service leaves these headers alone', async () => {
  direct(rule('shop.apps.localhost', 'shop'));
  await send('shop.apps.localhost', '/', { 'X-CF-Proxy-Signature': 'anything', 'X-CF-Forwarded-Url': 'http://x' });
  expect(received[0]?.headers).toMatchObject({ 'x-cf-proxy-signature': 'anything', 'x-cf-forwarded-url': 'http://x' });
});

describe('a signature', () => {
  const REFUSED = { status: 400, body: '400 Bad Request: Failed to validate Route Service Signature\n' };

  /** The route service's request for a client's request. */
  const signed = async (host = 'shop.apps.localhost', path = '/'): Promise<Headers> => {
    guard = () => Promise.resolve({ status: 204, headers: {}, body: '' });
    await send(host, path);
    const { headers } = received.at(-1) as Received;
    received = [];
    return {
      'X-CF-Proxy-Signature': headers['x-cf-proxy-signature'],
      'X-CF-Proxy-Metadata': headers['x-cf-proxy-metadata'],
    };
  };

  const expectRefused = async (headers: Headers, host = 'shop.apps.localhost', path = '/'): Promise<void> => {
    expect(await send(host, path, headers)).toMatchObject(REFUSED);
    expect(apps()).toEqual([]);
  };

  test('is valid for its route, whatever the path', async () => {
    const headers = await signed();
    expect((await send('shop.apps.localhost', '/another', headers)).status).toBe(201);
    expect(apps()).toEqual(['shop']);
  });

  test('is valid for a minute', async () => {
    const headers = await signed();
    now += MINUTE;
    expect((await send('shop.apps.localhost', '/', headers)).status).toBe(201);
    received = [];
    now += 1;
    await expectRefused(headers);
  });

  test('of another route is refused', async () => {
    direct(
      rule('shop.apps.localhost', 'shop', SERVICE),
      rule('shop.apps.localhost', 'shop', SERVICE, '/admin'),
      rule('other.apps.localhost', 'shop', SERVICE),
      rule('guard.apps.localhost', 'guard'),
    );
    await expectRefused(await signed('other.apps.localhost'));
    await expectRefused(await signed(), 'shop.apps.localhost', '/admin/users');
  });

  test('that is forged is refused', async () => {
    const [one, other] = [await signed(), await signed()];
    const foreign = new RouteServiceSignature(randomBytes(32), () => now).sign('shop.apps.localhost');
    for (const headers of [
      { 'X-CF-Proxy-Signature': 'nonsense', 'X-CF-Proxy-Metadata': 'nonsense' },
      { 'X-CF-Proxy-Signature': foreign.signature, 'X-CF-Proxy-Metadata': foreign.metadata },
      { ...one, 'X-CF-Proxy-Metadata': other['X-CF-Proxy-Metadata'] },
      { 'X-CF-Proxy-Signature': one['X-CF-Proxy-Signature'] },
      { ...one, 'X-CF-Proxy-Signature': String(one['X-CF-Proxy-Signature']).slice(0, 12) },
    ]) {
      await expectRefused(headers);
    }
  });

  test('survives a restart of the foundation', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'route-services-'));
    try {
      const headers = (await RouteServiceSignature.load(folder)).sign('shop.apps.localhost');
      expect((await RouteServiceSignature.load(folder)).verify(headers)).toBe('shop.apps.localhost');
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

test('an upgrade is refused, before and after the route service', async () => {
  for (const more of ['', 'X-CF-Proxy-Signature: x\r\n']) {
    const socket = connect(router.port, '127.0.0.1');
    socket.write(
      `GET / HTTP/1.1\r\nHost: shop.apps.localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n${more}\r\n`,
    );
    const answer = await text(socket);
    expect(answer).toMatch(/^HTTP\/1\.1 503 Service Unavailable\r\n/);
    expect(answer).toContain('X-Cf-RouterError: route_service_unsupported\r\n');
    expect(answer).toContain(
      '503 Service Unavailable: Websocket requests are not supported for routes bound to Route Services.',
    );
  }
  expect(apps()).toEqual([]);
});

test('a route service whose instance refuses connections is a 502, and the application gets no request', async () => {
  const gone = {
    ...rule('guard.apps.localhost', 'guard'),
    destinations: [{ appGuid: 'guard', processType: 'web', port: 1 }],
  };
  direct(rule('shop.apps.localhost', 'shop', SERVICE), gone);
  for (const method of ['GET', 'POST']) {
    expect(await send('shop.apps.localhost', '/', {}, { method })).toMatchObject({
      status: 502,
      body: '502 Bad Gateway: Registered endpoint failed to handle the request.\n',
      headers: { 'x-cf-routererror': expect.stringMatching(/^endpoint_failure \(.*ECONNREFUSED/) as string },
    });
  }
  expect(apps()).toEqual([]);
});

describe('a route service whose own route has a route service', () => {
  test('does not bypass it', async () => {
    direct(
      rule('shop.apps.localhost', 'shop', SERVICE),
      rule('guard.apps.localhost', 'guard', 'https://shop.apps.localhost'),
    );
    expect((await send('shop.apps.localhost', '/')).status).toBe(400);
    expect(apps()).toEqual([]);
  });

  test('answers at its own route like any application', async () => {
    direct(rule('shop.apps.localhost', 'shop', 'https://shop.apps.localhost/self'));
    expect((await send('shop.apps.localhost', '/')).status).toBe(201);
    expect(received.map(({ app, url }) => `${app} ${url}`)).toEqual(['shop /self']);
  });
});

describe('a route service outside of the foundation', () => {
  /** Says who connects. */
  const listen = async (host: string): Promise<{ port: number; connections: string[]; close: () => void }> => {
    const connections: string[] = [];
    const server = createTcpServer((socket) => {
      connections.push(String(socket.remoteAddress));
      socket.end();
    });
    return { port: await portOf(server, host), connections, close: () => server.close() };
  };

  test('fails with 502, without a connection, wherever its URL leads', async () => {
    const { port, connections, close } = await listen('0.0.0.0');
    try {
      for (const [service, host] of [
        [`https://127.0.0.1:${port}/`, `127.0.0.1:${port}`],
        [`https://localhost:${port}/`, `localhost:${port}`],
        [`https://0x7f000001:${port}/`, `127.0.0.1:${port}`],
        [`https://[::ffff:127.0.0.1]:${port}/`, `[::ffff:7f00:1]:${port}`],
        [`https://user@127.0.0.1:${port}/`, `127.0.0.1:${port}`],
        ['https://169.254.169.254/latest/meta-data', '169.254.169.254'],
        ['https://10.255.0.2/', '10.255.0.2'],
        ['https://www.example.com/', 'www.example.com'],
        ['https://stopped.apps.localhost/', 'stopped.apps.localhost'],
        ['no url', 'no URL'],
      ] as const) {
        direct(rule('shop.apps.localhost', 'shop', service), rule('guard.apps.localhost', 'guard'));
        const answer = await send('shop.apps.localhost', '/');
        expect(answer).toMatchObject({
          status: 502,
          body: '502 Bad Gateway: Registered endpoint failed to handle the request.\n',
        });
        expect(answer.headers['x-cf-routererror']).toBe(
          `endpoint_failure (no route with an instance for the route service at ${host})`,
        );
      }
      expect(connections).toEqual([]);
      expect(apps()).toEqual([]);
    } finally {
      close();
    }
  });
});
