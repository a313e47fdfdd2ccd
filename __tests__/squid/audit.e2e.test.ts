import { once } from 'node:events';
import { as, connect, credentials, hashesOf, openTunnel, raw, request, requestInside } from './client';
import { logs, removeAll, until } from './docker';
import { KINDS, type Kind, type Laboratory, type Proxy, startEach, startLaboratory } from './laboratory';

const SECONDS = 1000;
jest.setTimeout(60 * SECONDS);

const ALLOW = ['.example.org!raw.example.org:80,443', 'git.example.org:22/tcp'];

let laboratory: Laboratory;
/** Audit mode for all clients, and for one of two clients. */
let audited: Record<Kind, Proxy>;
let edges: Record<Kind, Proxy>;

beforeAll(async () => {
  laboratory = await startLaboratory((site, privateAddress) => ({
    '*.example.org': [site],
    '*.example.net': [site],
    'private.example.net': [privateAddress],
    'mixed.example.net': [site, privateAddress],
    'loopback.example.net': ['127.0.0.1'],
    'metadata.example.net': ['169.254.169.254'],
    'mapped.example.net': ['::ffff:169.254.169.254'],
  }));
  audited = await startEach(laboratory, { allow: [...ALLOW, 'audit'] });
  edges = await startEach(laboratory, {
    allow: ALLOW,
    environment: {
      EGRESS_CREDENTIALS: hashesOf('web.1', 'batch.1'),
      EGRESS_CLIENTS: 'batch batch.example.net:80,443\nweb audit until 9999-12-31',
    },
  });
}, 300 * SECONDS);

afterAll(removeAll, 60 * SECONDS);

/** The log's lines about a host, when there are this many. */
async function logged(proxy: Proxy, host: string, lines = 1): Promise<string[]> {
  return until(`the lines of ${host}`, async () => {
    const found = (await logs(proxy.container)).stdout
      .split('\n')
      .filter((line) => line.includes(`"host":"${host}"`))
      .map((line) => JSON.parse(line) as Record<'verdict' | 'rule' | 'port', string>);
    return found.length >= lines ? found.map(({ verdict, rule, port }) => `${verdict} ${rule} ${port}`) : undefined;
  });
}

const inside = async (proxy: Proxy, target: string, servername: string, headers = {}) =>
  requestInside(await openTunnel(proxy, target, headers), servername === '' ? 'any' : servername, servername);

describe.each(KINDS)('by %s,', (kind) => {
  let all: Proxy;
  let edge: Proxy;
  beforeAll(() => {
    all = audited[kind];
    edge = edges[kind];
  });

  describe.each([
    ['a proxy', () => all, {}],
    ["a client's list", () => edge, as('web.1')],
  ] as const)('the audit of %s', (_, proxyOf, headers) => {
    test('allows unlisted hosts on any port, and logs the rule that would have refused them', async () => {
      const proxy = proxyOf();
      expect(await request(proxy, 'http://a.example.net/', { headers })).toMatchObject({ status: 200 });
      expect(await request(proxy, 'http://a.example.net:8443/', { headers })).toMatchObject({ status: 200 });
      expect(await inside(proxy, 'a.example.net:443', 'a.example.net', headers)).toMatchObject({ status: 200 });
      expect(await logged(proxy, 'a.example.net', 3)).toEqual([
        'audited not-listed 80',
        'audited not-listed 8443',
        'audited not-listed 443',
      ]);
    });

    test('distinguishes excepted and listed hosts from them', async () => {
      const proxy = proxyOf();
      for (const name of ['raw', 'b']) {
        expect(await request(proxy, `http://${name}.example.org/`, { headers })).toMatchObject({ status: 200 });
        expect(await inside(proxy, `${name}.example.org:443`, `${name}.example.org`, headers)).toMatchObject({
          status: 200,
        });
      }
      expect(await logged(proxy, 'raw.example.org', 2)).toEqual(['audited excepted 80', 'audited excepted 443']);
      expect(await logged(proxy, 'b.example.org', 2)).toEqual(['allowed listed 80', 'allowed listed 443']);
    });

    test.each([
      ['c', 'www.example.net'],
      ['d', ''],
    ])('allows a tunnel to a listed host, %s, with TLS for "%s", and logs the rule', async (name, servername) => {
      const proxy = proxyOf();
      expect(await inside(proxy, `${name}.example.org:443`, servername, headers)).toMatchObject({ status: 200 });
      expect(await logged(proxy, `${name}.example.org`)).toEqual(['audited tls-name 443']);
    });

    test('allows a tunnel without TLS to a listed host, and logs the rule', async () => {
      const proxy = proxyOf();
      const socket = await openTunnel(proxy, 'e.example.org:443', headers);
      socket.write('GET / HTTP/1.1\r\nHost: e.example.org\r\nConnection: close\r\n\r\n');
      const [answer] = (await once(socket, 'data')) as [Buffer];
      socket.destroy();
      expect(answer.toString()).toMatch(/^HTTP\/1\.1 200/);
      expect(await logged(proxy, 'e.example.org')).toEqual(['audited no-tls 443']);
    });

    test('allows a tunnel to a server that speaks first', async () => {
      const proxy = proxyOf();
      const socket = await openTunnel(proxy, 'f.example.net:22', headers);
      const [greeting] = (await once(socket, 'data')) as [Buffer];
      socket.destroy();
      expect(greeting.toString()).toContain('SSH-2.0-internet');
      expect(await logged(proxy, 'f.example.net')).toEqual(['audited not-listed 22']);
    });

    test.each([
      'private.example.net',
      'mixed.example.net',
      'loopback.example.net',
      'metadata.example.net',
      'localhost',
      '127.0.0.1',
      '127.1',
      '0',
      '0.0.0.0',
      '169.254.169.254',
      '2852039166',
      '0xa9fea9fe',
      '0251.0376.0251.0376',
      '[::ffff:169.254.169.254]',
      '[::1]',
      '[fd00:ec2::254]',
      'egress',
      'mapped.example.net',
    ])('never lets anything lead to %s', async (host) => {
      const proxy = proxyOf();
      for (const port of [80, 3128]) {
        const { status, error } = await request(proxy, `http://${host}:${port}/`, { headers });
        expect([status, error]).toEqual([expect.any(Number), expect.stringMatching(/^ERR_(PRIVATE_ADDRESS|NAME)$/)]);
        expect(status).toBeGreaterThanOrEqual(400);
      }
      expect(await connect(proxy, `${host}:443`, headers)).toMatchObject({
        status: 407,
        error: expect.stringMatching(/^ERR_(PRIVATE_ADDRESS|NAME)$/) as string,
      });
    });

    test('never allows requests that squid itself would make, or access to its manager', async () => {
      const proxy = proxyOf();
      const send = async (start: string) => {
        const lines = Object.entries(headers).map(([name, value]) => `${name}: ${String(value)}\r\n`);
        return raw(proxy, `${start} HTTP/1.1\r\nHost: a.example.net\r\nConnection: close\r\n${lines.join('')}\r\n`);
      };
      expect(await send('GET ftp://a.example.net/')).toMatch(/^HTTP\/1\.1 403/);
      expect(await send('TRACE http://a.example.net/')).toMatch(/^HTTP\/1\.1 403/);
      expect(await send('GET http://egress/squid-internal-mgr/info')).toMatch(/^HTTP\/1\.1 403/);
      for (const method of ['TRACE', 'NONE', 'GET']) {
        expect(await send(`${method} a.example.net:443`)).toMatch(/^HTTP\/1\.1 40[03]/);
        expect(await send(`${method} authority_form://a.example.net:443/`)).toMatch(/^HTTP\/1\.1 (40[03]|501)/);
      }
    });
  });

  test('an address is allowed if it is public', async () => {
    expect(await request(all, `http://${laboratory.site}/`)).toMatchObject({ status: 200 });
    expect(await logged(all, laboratory.site)).toEqual(['audited not-listed 80']);
  });

  test('the audit of one client applies to no other, and opens nothing without credentials', async () => {
    const [batch, stranger] = [as('batch.1'), credentials('web.1', 'guessed')];
    expect(await request(edge, 'http://g.example.net/', { headers: batch })).toMatchObject({ status: 403 });
    expect(await connect(edge, 'g.example.net:443', batch)).toMatchObject({ status: 407, error: 'ERR_NOT_LISTED' });
    expect(await request(edge, 'http://batch.example.net/', { headers: batch })).toMatchObject({ status: 200 });
    for (const headers of [stranger, {}]) {
      expect(await request(edge, 'http://g.example.net/', { headers })).toMatchObject({
        status: 407,
        error: 'ERR_CACHE_ACCESS_DENIED',
      });
    }
  });

  test('an audit that has ended refuses again, without a change of the list', async () => {
    const ended = await laboratory.startProxy({ kind, allow: [...ALLOW, 'audit until 2020-01-01'] });
    expect(await request(ended, 'http://h.example.net/')).toMatchObject({ status: 403, error: 'ERR_NOT_LISTED' });
    expect(await connect(ended, 'h.example.net:443')).toMatchObject({ status: 407, error: 'ERR_NOT_LISTED' });
    await expect(inside(ended, 'h.example.org:443', 'www.example.net')).rejects.toThrow();
    expect(await inside(ended, 'h.example.org:443', 'h.example.org')).toMatchObject({ status: 200 });
    expect(await logged(ended, 'h.example.net', 2)).toEqual(['refused not-listed 80', 'refused not-listed 443']);
  });

  test('no proxy logs an error', async () => {
    for (const { container } of [all, edge]) {
      expect((await logs(container)).stderr).not.toMatch(/ERROR|FATAL|ACL is used in context|assertion/);
    }
  });
});
