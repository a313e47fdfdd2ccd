import { once } from 'node:events';
import type { Socket } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { openTunnel, raw, requestInside } from './client';
import { docker, logs, removeAll, until } from './docker';
import { startLaboratory, type Laboratory, type Proxy } from './laboratory';

const SECONDS = 1000;
jest.setTimeout(90 * SECONDS);

let laboratory: Laboratory;
let proxy: Proxy;

const reverse = (address: string) => `${address.split('.').reverse().join('.')}.in-addr.arpa`;

beforeAll(async () => {
  laboratory = await startLaboratory((site, privateAddress, nobody) => ({
    'www.example.org': [site],
    '*.example.org': [site],
    'api.example.gov': [site],
    'git.example.gov': [site],
    'www.example.net': [site],
    'private.example.org': [privateAddress],
    'loopback.example.org': ['127.0.0.1'],
    'this.example.org': ['0.0.0.0'],
    'metadata.example.org': ['169.254.169.254'],
    'shared.example.org': ['100.64.0.1'],
    'broadcast.example.org': ['255.255.255.255'],
    'mixed.example.org': [site, privateAddress],
    'mapped.example.org': ['::ffff:169.254.169.254'],
    'translated.example.org': ['64:ff9b::a9fe:a9fe'],
    'loopback6.example.org': ['::1'],
    'unique6.example.org': ['fd00:ec2::254'],
    '*.turns.example.org': [site, privateAddress],
    [reverse(nobody)]: ['www.example.org'],
  }));
  proxy = await laboratory.startProxy({
    allow: ['.example.org:80,443', 'api.example.gov:443', 'git.example.gov:22/tcp'],
  });
}, 300 * SECONDS);

afterAll(removeAll, 60 * SECONDS);

/** What came back: whether the far end answered, else the proxy's status and page. */
function outcome(answer: string): string {
  if (answer.includes('"address":')) return 'reached';
  const status = /^HTTP\/1\.[01] (\d+)/.exec(answer)?.[1] ?? (answer === '' ? 'closed' : 'nonsense');
  const page = /X-Squid-Error: (?:\d+:)?(\w+)/.exec(answer)?.[1];
  return page === undefined ? status : `${status} ${page}`;
}

const send = async (bytes: string): Promise<string> => outcome(await raw(proxy, bytes));
const get = (url: string, host = 'www.example.org') => send(`GET ${url} HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
const tunnel = (target: string, host = target) => send(`CONNECT ${target} HTTP/1.1\r\nHost: ${host}\r\n\r\n`);

test.each([
  ['http://www.example.org/', 'reached'],
  ['http://WWW.EXAMPLE.ORG/', 'reached'],
  ['http://www.example.org./', 'reached'],
  ['http://example.org.example.net/', '403 ERR_NOT_LISTED'],
  ['http://www.example.net/', '403 ERR_NOT_LISTED'],
  ['http://www.example.net./', '403 ERR_NOT_LISTED'],
  ['http://wwwexample.org/', '403 ERR_NOT_LISTED'],
  ['http://www.example.org:8443/', '403 ERR_NOT_LISTED'],
  ['http://www.example.org:22/', '403 ERR_NOT_LISTED'],
  ['http://api.example.gov/', '403 ERR_NOT_LISTED'],
  ['http://www.example.org@www.example.net/', '403 ERR_NOT_LISTED'],
  ['http://www.example.org:80@www.example.net:80/', '403 ERR_NOT_LISTED'],
  ['http://localhost/', '403 ERR_NOT_LISTED'],
  ['http://localhost:3128/', '403 ERR_NOT_LISTED'],
  ['http://[::1]/', '403 ERR_NOT_LISTED'],
  ['http://[::ffff:169.254.169.254]/', '403 ERR_NOT_LISTED'],
  ['http://[fd00:ec2::254]/', '403 ERR_NOT_LISTED'],
  ['http://169.254.169.254/latest/meta-data/', '403 ERR_NOT_LISTED'],
  ['http://2852039166/', '403 ERR_NOT_LISTED'],
  ['http://0xa9fea9fe/', '403 ERR_NOT_LISTED'],
  ['http://0251.0376.0251.0376/', '403 ERR_NOT_LISTED'],
  ['http://169.254.43518/', '403 ERR_NOT_LISTED'],
  ['http://127.1/', '403 ERR_NOT_LISTED'],
  ['http://0/', '403 ERR_NOT_LISTED'],
  ['http://private.example.org/', '403 ERR_PRIVATE_ADDRESS'],
  ['http://loopback.example.org/', '403 ERR_PRIVATE_ADDRESS'],
  ['http://this.example.org/', '403 ERR_PRIVATE_ADDRESS'],
  ['http://metadata.example.org/', '403 ERR_PRIVATE_ADDRESS'],
  ['http://shared.example.org/', '403 ERR_PRIVATE_ADDRESS'],
  ['http://broadcast.example.org/', '403 ERR_PRIVATE_ADDRESS'],
  ['http://mixed.example.org/', '403 ERR_PRIVATE_ADDRESS'],
  ['http://egress/squid-internal-mgr/info', '403 ERR_NOT_LISTED'],
  ['http://www.example.org/squid-internal-mgr/info', '403 ERR_NOT_LISTED'],
  ['cache_object://localhost/info', '403 ERR_NOT_LISTED'],
  ['ftp://www.example.org:80/', '403 ERR_METHOD'],
  ['https://www.example.org/', '403 ERR_METHOD'],
  ['urn:www.example.org:80', '400 ERR_INVALID_URL'],
])('a GET of %s is answered with %s', async (url, expected) => {
  expect(await get(url)).toBe(expected);
});

/** How a name is written must not make it another one on the way from the list to the look-up. */
test.each([
  'http://www.example.net%00.example.org/',
  'http://www.example.net\0.example.org/',
  'http://www.example.net%2f.example.org/',
  'http://www.example.net#.example.org/',
  'http://www.example.net?.example.org/',
  'http://www.example.net\\.example.org/',
  'http://www.example.org%40www.example.net/',
  'http://www.example.net%2e.example.org/',
  'http://www.example.org%0d%0aHost:%20www.example.net/',
  'http://www.ex\u00e4mple.org/',
  'http://xn--exmple-cua.org/',
  'http://mapped.example.org/',
  'http://translated.example.org/',
  'http://loopback6.example.org/',
  'http://unique6.example.org/',
])('a GET of %j reaches nobody', async (url) => {
  expect(await get(url)).toMatch(/^(400|403|503)/);
  const asked = (await laboratory.queries()).filter((name) => /(^|\.)example\.net$/.test(name));
  expect(asked).toEqual([]);
});

test.each([
  ['www.example.net:443', '407 ERR_NOT_LISTED'],
  ['www.example.org:22', '407 ERR_NOT_LISTED'],
  ['www.example.org:25', '407 ERR_NOT_LISTED'],
  ['api.example.gov:80', '407 ERR_NOT_LISTED'],
  ['git.example.gov:443', '407 ERR_NOT_LISTED'],
  ['www.example.org.example.net:443', '407 ERR_NOT_LISTED'],
  ['169.254.169.254:443', '407 ERR_NOT_LISTED'],
  ['0xa9fea9fe:443', '407 ERR_NOT_LISTED'],
  ['[::1]:443', '407 ERR_NOT_LISTED'],
  ['[::ffff:10.0.0.1]:443', '407 ERR_NOT_LISTED'],
  ['localhost:3128', '407 ERR_NOT_LISTED'],
  ['127.0.0.1:3128', '407 ERR_NOT_LISTED'],
  ['egress:3128', '407 ERR_NOT_LISTED'],
  ['private.example.org:443', '407 ERR_PRIVATE_ADDRESS'],
  ['loopback.example.org:443', '407 ERR_PRIVATE_ADDRESS'],
  ['metadata.example.org:443', '407 ERR_PRIVATE_ADDRESS'],
  ['mixed.example.org:443', '407 ERR_PRIVATE_ADDRESS'],
  ['www.example.net:443@www.example.org:443', '407 ERR_NOT_LISTED'],
  ['www.example.org:0', '400 ERR_INVALID_URL'],
  ['www.example.org:99999', '400 ERR_INVALID_URL'],
])('a CONNECT to %s is answered with %s', async (target, expected) => {
  expect(await tunnel(target)).toBe(expected);
});

test('the address of a listed host, and one whose reverse zone names a listed host, are refused in every notation', async () => {
  for (const address of [laboratory.site, laboratory.nobody]) {
    const bytes = address.split('.').map(Number);
    const number = bytes.reduce((sum, byte) => sum * 256 + byte, 0);
    const notations = [
      address,
      String(number),
      `0x${number.toString(16)}`,
      `[::ffff:${address}]`,
      `0${number.toString(8)}`,
    ];
    for (const notation of notations) {
      expect([notation, await get(`http://${notation}/`)]).toEqual([notation, '403 ERR_NOT_LISTED']);
      expect([notation, await tunnel(`${notation}:443`)]).toEqual([notation, '407 ERR_NOT_LISTED']);
    }
  }
  expect(await laboratory.queries()).not.toContain(reverse(laboratory.nobody));
});

describe('the Host header decides nothing:', () => {
  test('the URL does', async () => {
    expect(await get('http://www.example.net/', 'www.example.org')).toBe('403 ERR_NOT_LISTED');
    const answer = await raw(proxy, 'GET http://www.example.org/ HTTP/1.1\r\nHost: www.example.net\r\n\r\n');
    expect(answer).toContain('"host":"www.example.org"');
  });

  test('the target of a tunnel does', async () => {
    expect(await tunnel('www.example.net:443', 'www.example.org:443')).toBe('407 ERR_NOT_LISTED');
  });

  test('without a URL there is no request', async () => {
    expect(await send('GET / HTTP/1.1\r\nHost: www.example.org\r\n\r\n')).toMatch(/^400/);
    expect(await send('GET http://www.example.net/ HTTP/1.0\r\n\r\n')).toBe('403 ERR_NOT_LISTED');
  });
});

describe('lengths that two readers understand differently', () => {
  const HIDDEN = 'GET http://www.example.net/ HTTP/1.1\r\nHost: www.example.net\r\n\r\n';
  const post = (...headers: string[]) =>
    `POST http://www.example.org/ HTTP/1.1\r\nHost: www.example.org\r\n${headers.map((line) => `${line}\r\n`).join('')}\r\n`;

  test.each([
    ['both a length and chunks', post('Content-Length: 4', 'Transfer-Encoding: chunked') + `0\r\n\r\n${HIDDEN}`],
    ['two lengths', post('Content-Length: 0', `Content-Length: ${HIDDEN.length}`) + HIDDEN],
    ['chunks by another name', post('Transfer-Encoding: xchunked') + `0\r\n\r\n${HIDDEN}`],
    ['a space before the colon', post('Transfer-Encoding : chunked') + `0\r\n\r\n${HIDDEN}`],
    ['a signed length', post('Content-Length: +0') + HIDDEN],
    [
      'a body of a GET',
      `GET http://www.example.org/ HTTP/1.1\r\nHost: www.example.org\r\nContent-Length: 0\r\n\r\n${HIDDEN}`,
    ],
  ])('%s let no hidden request through', async (_, bytes) => {
    const answer = await raw(proxy, bytes);
    expect(answer).not.toContain('"host":"www.example.net"');
  });

  test('of a header beyond 32 KB end the request', async () => {
    const answer = await send(`GET http://www.example.org/ HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(40_000)}\r\n\r\n`);
    expect(answer).toMatch(/^431/);
  });
});

test.each(['TRACE', 'PURGE', 'PROPFIND', 'LOCK'])('the method %s is refused', async (method) => {
  const bytes = `${method} http://www.example.org/ HTTP/1.1\r\nHost: www.example.org\r\nMax-Forwards: 0\r\n\r\n`;
  expect(await send(bytes)).toBe('403 ERR_METHOD');
});

test('each request of a connection is checked by itself', async () => {
  const answer = await raw(
    proxy,
    ['www.example.org', 'www.example.net']
      .map((host) => `GET http://${host}/ HTTP/1.1\r\nHost: www.example.org\r\n\r\n`)
      .join(''),
  );
  expect(answer.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 403']);
});

describe('inside a tunnel to a listed host', () => {
  const inside = async (target: string, servername: string): Promise<string> => {
    const host = servername === '' ? 'www.example.net' : servername;
    return requestInside(await openTunnel(proxy, target), host, servername).then(
      ({ body }) => (JSON.parse(body) as { servername?: string }).servername ?? 'reached',
      () => 'cut',
    );
  };
  /** What the far end answers to bytes, until the proxy closes the tunnel. */
  const answered = async (socket: Socket, bytes: string): Promise<string> => {
    let received = '';
    socket.on('data', (chunk: Buffer) => (received += chunk.toString()));
    socket.on('error', () => undefined);
    socket.write(Buffer.from(bytes, 'latin1'));
    await once(socket, 'close');
    return received;
  };
  const lastLine = async (): Promise<Record<string, unknown>> => {
    const { stdout } = await logs(proxy.container);
    return JSON.parse(stdout.trim().split('\n').at(-1) ?? '{}') as Record<string, unknown>;
  };

  test.each([
    ['www.example.org:443', 'www.example.org'],
    ['WWW.EXAMPLE.ORG.:443', 'www.example.org'],
    ['api.example.gov:443', 'API.example.gov'],
  ])('to %s, TLS for %s is let through', async (target, servername) => {
    expect(await inside(target, servername)).toBe(servername);
    expect(await lastLine()).toMatchObject({ verdict: 'allowed', rule: 'listed', status: 200, result: 'TCP_TUNNEL' });
  });

  test.each([
    ['a host that is not listed', 'www.example.net', 'www.example.net'],
    ['another listed host', 'api.example.gov', 'api.example.gov'],
    ['a host below it', 'www.www.example.org', 'www.www.example.org'],
    ['no host', '', '-'],
  ])('TLS for %s is cut off, and logged once', async (_, servername, logged) => {
    const lines = (await logs(proxy.container)).stdout.split('\n').length;
    expect(await inside('www.example.org:443', servername)).toBe('cut');
    expect((await logs(proxy.container)).stdout.split('\n')).toHaveLength(lines + 1);
    expect(await lastLine()).toMatchObject({
      verdict: 'refused',
      rule: 'tls-name',
      tls: logged,
      host: 'www.example.org',
    });
  });

  test.each([
    ['an HTTP request', 'GET / HTTP/1.1\r\nHost: www.example.org\r\n\r\n'],
    ['an SSH greeting', 'SSH-2.0-OpenSSH\r\n'],
    ['a TLS record that is no greeting', '\x17\x03\x03\x00\x02hi'],
    ['an SSLv2 greeting', '\x80\x2e\x01\x00\x02\x00\x15\x00\x00\x00\x10'],
  ])('%s is cut off', async (_, bytes) => {
    expect(await answered(await openTunnel(proxy, 'www.example.org:443'), bytes)).toBe('');
    expect(await lastLine()).toMatchObject({ verdict: 'refused', host: 'www.example.org' });
  });

  test('what comes in the same packet as CONNECT is looked at too', async () => {
    const early =
      'CONNECT www.example.org:443 HTTP/1.1\r\nHost: www.example.org\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n';
    expect(await raw(proxy, early)).not.toContain('"address":');
  });

  test('that is excepted, anything is let through', async () => {
    const socket = await openTunnel(proxy, 'git.example.gov:22');
    const [greeting] = (await once(socket, 'data')) as [Buffer];
    expect(greeting.toString()).toContain('SSH-2.0-internet');
    socket.destroy();
    await until('its line', async () => ((await lastLine()).host === 'git.example.gov' ? true : undefined));
    expect(await lastLine()).toMatchObject({ verdict: 'allowed', rule: 'listed', status: 200 });
  });
});

// The name server gives a name below `turns` a public address first and a private one from the second query on, with no
// time to live. Squid keeps an answer for 5 s in any case: after that it asks again.
describe('a name that changes its address', () => {
  const LONGER_THAN_KEPT_MS = 6 * SECONDS;

  test('leads nowhere else between two requests', async () => {
    expect(await get('http://a.turns.example.org/')).toBe('reached');
    await setTimeout(LONGER_THAN_KEPT_MS);
    expect(await get('http://a.turns.example.org/')).toBe('403 ERR_PRIVATE_ADDRESS');
  });

  test('leads nowhere else while a client waits with its TLS greeting', async () => {
    const socket = await openTunnel(proxy, 'b.turns.example.org:443');
    await setTimeout(LONGER_THAN_KEPT_MS);
    await expect(requestInside(socket, 'b.turns.example.org')).rejects.toThrow();
    const { stdout } = await logs(proxy.container);
    expect(stdout).toMatch(/"host":"b\.turns\.example\.org".*"verdict":"(refused|failed)"/);
    expect(stdout).not.toMatch(new RegExp(`"address":"${laboratory.private.address}"`));
  });
});

test('nothing of this has left the proxy unable to work, or made it complain', async () => {
  expect(await get('http://www.example.org/')).toBe('reached');
  const { stderr } = await logs(proxy.container);
  expect(stderr).not.toMatch(/FATAL|assertion|ACL is used in context/);
  expect(await docker('inspect', '--format', '{{.State.Running}}', proxy.container)).toBe('true');
});
