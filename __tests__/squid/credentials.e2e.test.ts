import { Agent } from 'node:http';
import {
  type Answer,
  as,
  connect,
  credentials,
  hashesOf,
  openTunnel,
  raw,
  request,
  requestInside,
  USERS,
} from './client';
import { logs, removeAll, shell, until } from './docker';
import { type Kind, KINDS, type Proxy, startEach, startLaboratory, testSideBySide } from './laboratory';

const SECONDS = 1000;

/** With fewer answers of a kind, the test would prove nothing. */
const ENOUGH = 100;
jest.setTimeout(120 * SECONDS);

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

const ask = (proxy: Proxy, host: string, headers: object, agent?: Agent): Promise<Answer> =>
  request(proxy, `http://${host}/`, { headers: { ...headers }, ...(agent && { agent }) });

/** Repeats work on this many connections at once, as long as the condition is true. */
async function meanwhile(connections: number, goesOn: () => boolean, work: () => Promise<void>): Promise<void> {
  const one = async (): Promise<void> => {
    while (goesOn()) await work();
  };
  await Promise.all(Array.from({ length: connections }, one));
}

testSideBySide('a wrong password never gets through beside the right one, or blocks it', async (kind) => {
  const proxy = proxies[kind];
  const seen = { wrong: new Map<number, number>(), right: new Map<number, number>() };
  const count = (whose: keyof typeof seen, { status }: Answer) =>
    void seen[whose].set(status, (seen[whose].get(status) ?? 0) + 1);
  const guess = async () => {
    count('wrong', await ask(proxy, 'batch.example.org', credentials('batch.1', `guess ${Math.random()}`)));
  };
  const work = async () => {
    count('right', await ask(proxy, 'batch.example.org', as('batch.1')));
  };
  const total = (whose: keyof typeof seen): number => [...seen[whose].values()].reduce((sum, one) => sum + one, 0);
  const end = Date.now() + 10 * SECONDS;
  // A busy machine needs more time for the same number of answers.
  const goesOn = (): boolean => Date.now() < end || Math.min(total('wrong'), total('right')) < ENOUGH;
  await Promise.all([meanwhile(20, goesOn, guess), meanwhile(1, goesOn, work)]);
  expect([...seen.wrong.keys()]).toEqual([407]);
  expect([...seen.right.keys()]).toEqual([200]);
});

describe.each(KINDS)('by %s,', (kind) => {
  let proxy: Proxy;
  beforeAll(() => {
    proxy = proxies[kind];
  });

  const [name, password] = ['web.1', USERS['web.1'][0]] as const;
  const basic = (text: string | Buffer, scheme = 'Basic') => ({
    'proxy-authorization': `${scheme} ${Buffer.from(text).toString('base64')}`,
  });

  test.each([
    ['in another case', basic(`${name}:${password}`, 'bASIC'), 200],
    ['with a NUL behind the password', basic(`${name}:${password}\0`), 407],
    ['with more behind a NUL', basic(`${name}:${password}\0more`), 407],
    ['with a NUL in the name', basic(`${name}\0:${password}`), 407],
    ['with a line end in the name', basic(`${name}\nweb.1:${password}`), 407],
    ['without a colon', basic(name), 407],
    [
      'without padding',
      { 'proxy-authorization': basic(`${name}:${password}`)['proxy-authorization'].slice(0, -1) },
      407,
    ],
    ['behind two spaces', basic(`${name}:${password}`, 'Basic '), 407],
    ['of another scheme', basic(`${name}:${password}`, 'Digest'), 407],
    ['of another scheme that ends the same', basic(`${name}:${password}`, 'NotBasic'), 407],
    ['of 3 KB', basic(`${name}:${'a'.repeat(2_000)}`), 407],
    ['of 13 KB', basic(`${name}:${'a'.repeat(10_000)}`), 431],
  ])('credentials %s get the right status', async (_, headers, status) => {
    expect((await ask(proxy, 'web.example.org', headers)).status).toBe(status);
    expect((await connect(proxy, 'web.example.org:443', { ...headers })).status).toBe(status);
  });

  test('each request on a connection belongs to the user that it names, and to nobody if it names none', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const seen: string[] = [];
    for (const headers of [as('web.1'), as('batch.1'), {}, credentials('web.1', 'guessed'), as('web.1')]) {
      for (const host of ['web.example.org', 'batch.example.org']) {
        seen.push(String((await ask(proxy, host, { ...headers, connection: 'keep-alive' }, agent)).status));
      }
    }
    agent.destroy();
    expect(seen).toEqual(['200', '403', '403', '200', '407', '407', '407', '407', '200', '403']);
  });

  test("a refused tunnel doesn't pass its user to other requests on the connection, which ends", async () => {
    const authorization = String(as('web.1')['proxy-authorization']);
    const refused = `CONNECT batch.example.org:443 HTTP/1.1\r\nHost: a\r\nProxy-Authorization: ${authorization}\r\n\r\n`;
    const next = (start: string) => `${start} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`;
    for (const start of ['GET http://web.example.org/', 'CONNECT web.example.org:443']) {
      const answer = await raw(proxy, refused + next(start));
      expect(answer.match(/^HTTP\/.*/gm)).toHaveLength(1);
      expect(answer).toContain('X-Squid-Error: 407:ERR_NOT_LISTED 0');
    }
  });

  test('the site sees nothing of them', async () => {
    const { body } = await ask(proxy, 'web.example.org', as('web.1'));
    expect(Object.keys((JSON.parse(body) as { headers: object }).headers).sort()).toEqual(['connection', 'host']);
  });

  test('the log names the user of a tunnel', async () => {
    await requestInside(await openTunnel(proxy, 'all.example.org:443', as('web.1')), 'all.example.org');
    const line = await until('the line', async () =>
      (await logs(proxy.container)).stdout
        .split('\n')
        .find((text) => /"user":"web.1","method":"CONNECT","host":"all.example.org"/.test(text)),
    );
    expect(JSON.parse(line)).toMatchObject({ user: 'web.1', verdict: 'allowed', rule: 'listed' });
  });

  test("response times don't reveal whether a user exists", async () => {
    const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[values.length >> 1] ?? NaN;
    const times = { known: [] as number[], unknown: [] as number[] };
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    for (let round = 0; round < 60; round += 1) {
      for (const [whose, user] of [
        ['known', 'web.1'],
        ['unknown', 'web.7'],
      ] as const) {
        const before = process.hrtime.bigint();
        await ask(
          proxy,
          'web.example.org',
          { ...credentials(user, `guess ${round}`), connection: 'keep-alive' },
          agent,
        );
        times[whose].push(Number(process.hrtime.bigint() - before) / 1e6);
      }
    }
    agent.destroy();
    const ratio = median(times.known) / median(times.unknown);
    expect(ratio).toBeGreaterThan(0.75);
    expect(ratio).toBeLessThan(1.33);
  });

  test('made-up names leave nothing behind in memory', async () => {
    const residentKiB = async () =>
      Number(
        await shell(
          proxy.container,
          "awk '/^VmRSS/ { print $2 }' $(grep -l '^Name:.squid' /proc/[0-9]*/status | head -n 1)",
        ),
      );
    const AT_ONCE = 50;
    let made = 0;
    const makeUp = async (names: number): Promise<void> => {
      for (let round = 0; round < names; round += 1) {
        made += 1;
        await ask(proxy, 'web.example.org', credentials(`user-${made}-${'x'.repeat(150)}`, 'x'));
      }
    };
    const wave = (names: number) => Promise.all(Array.from({ length: AT_ONCE }, () => makeUp(names)));
    // By then, squid has the memory that it keeps for itself: squid 6 takes up to a MiB for the first few thousand.
    await wave(60);
    const before = await residentKiB();
    await wave(60);
    expect((await residentKiB()) - before).toBeLessThan(600);
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

  test("a client's tunnel must also name its host", async () => {
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
