import { connect, credentials, openTunnel, request, requestInside } from './client';
import { logs, removeAll, until } from './docker';
import { KINDS, type Kind, type Proxy, startEach, startLaboratory } from './laboratory';
import { as, hashesOf, USERS } from './users';

const SECONDS = 1000;
jest.setTimeout(60 * SECONDS);

let proxies: Record<Kind, Proxy>;

beforeAll(async () => {
  const laboratory = await startLaboratory((site) => ({ '*.example.org': [site] }));
  proxies = await startEach(laboratory, {
    allow: ['all.example.org:80,443'],
    environment: {
      EGRESS_CREDENTIALS: hashesOf('web.1', 'web.2', 'batch.1'),
      EGRESS_CLIENTS: 'web web.example.org:80,443\nbatch batch.example.org:80,443',
    },
  });
}, 300 * SECONDS);

afterAll(removeAll, 60 * SECONDS);

describe.each(KINDS)('by %s,', (kind) => {
  let proxy: Proxy;
  beforeAll(() => {
    proxy = proxies[kind];
  });

  test.each([
    ['web.1', 'web', 'batch'],
    ['web.2', 'web', 'batch'],
    ['batch.1', 'batch', 'web'],
  ] as const)('%s reaches the hosts of all and of %s, and not those of %s', async (user, own, other) => {
    const headers = as(user);
    for (const name of ['all', own]) {
      const host = `${name}.example.org`;
      expect(await request(proxy, `http://${host}/`, { headers })).toMatchObject({ status: 200 });
      expect(await requestInside(await openTunnel(proxy, `${host}:443`, headers), host)).toMatchObject({ status: 200 });
    }
    const host = `${other}.example.org`;
    expect(await request(proxy, `http://${host}/`, { headers })).toMatchObject({
      status: 403,
      error: 'ERR_NOT_LISTED',
    });
    expect(await connect(proxy, `${host}:443`, headers)).toMatchObject({ status: 407, error: 'ERR_NOT_LISTED' });
  });

  test('the name in a tunnel must be its host for clients too', async () => {
    const tunnel = await openTunnel(proxy, 'all.example.org:443', as('web.1'));
    await expect(requestInside(tunnel, 'web.example.org')).rejects.toThrow();
  });

  test.each([
    ['no credentials', {}],
    ['a wrong password', credentials('web.1', 'second password')],
    ['a user that is not there', credentials('web.3', 'first password')],
    ['another case', credentials('WEB.1', 'first password')],
    ['a client without a version', credentials('web', 'first password')],
    ['an empty user and password', credentials('', '')],
    ['a hash for a password', credentials('web.1', USERS['web.1'][1])],
  ])('%s is answered with 407 and its own page, whatever is requested', async (_, headers) => {
    for (const host of ['all.example.org', 'web.example.org', 'unlisted.example.com']) {
      const denied = { status: 407, error: 'ERR_CACHE_ACCESS_DENIED' };
      const get = await request(proxy, `http://${host}/`, { headers });
      expect(get).toMatchObject(denied);
      expect(get.headers['proxy-authenticate']).toBe('Basic realm="egress"');
      expect(get.body).toContain('wrong or missing credentials');
      expect(await connect(proxy, `${host}:443`, headers)).toMatchObject(denied);
    }
  });

  test('the log has the user and the rule, and no password', async () => {
    await request(proxy, 'http://web.example.org/', { headers: as('web.2') });
    await request(proxy, 'http://web.example.org/', { headers: credentials('web.2', 'guessed') });
    const lines = await until('both lines', async () => {
      const { stdout } = await logs(proxy.container);
      const last = stdout.trim().split('\n').slice(-2);
      return last.every((line) => line.includes('"user":"web.2"')) ? last : undefined;
    });
    expect(lines.map((line) => JSON.parse(line) as unknown)).toMatchObject([
      { user: 'web.2', host: 'web.example.org', verdict: 'allowed', rule: 'listed', status: 200 },
      { user: 'web.2', host: 'web.example.org', verdict: 'refused', rule: 'credentials', status: 407 },
    ]);
    const { stdout, stderr } = await logs(proxy.container);
    expect(stdout + stderr).not.toMatch(/password|guessed|\$2a/);
    expect(stderr).not.toMatch(/ERROR|FATAL/);
  });
});
