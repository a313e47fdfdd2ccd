import { type Attempt, ALLOW, GROUPS, gotThrough, names, type Places, reverse } from './attempts';
import { get, inside, tunnel, type Way } from './attempts/ways';
import { docker, logs, removeAll, until } from './docker';
import { KINDS, type Kind, startEach, startLaboratory, type Laboratory, type Proxy } from './laboratory';

const SECONDS = 1000;
jest.setTimeout(90 * SECONDS);

/** Squid waits for the rest of a ClientHello as long as the client does, and refuses when the client is gone. */
const PATIENCE_MS = 500;

let laboratory: Laboratory;
let places: Places;
let proxies: Record<Kind, Proxy>;
/** Attempts that mostly wait run in parallel with the others. */
const begun: Record<Kind, Map<Attempt, Promise<string>>> = { image: new Map(), buildpack: new Map() };

beforeAll(async () => {
  laboratory = await startLaboratory((site, privateAddress, nobody) => names({ site, privateAddress, nobody }));
  const { site, nobody, private: inside } = laboratory;
  places = { site, nobody, privateAddress: inside.address, queries: () => laboratory.queries() };
  proxies = await startEach(laboratory, { allow: ALLOW });
  for (const attempt of GROUPS.flatMap(({ attempts }) => attempts).filter(({ slow }) => slow)) {
    for (const kind of KINDS) begun[kind].set(attempt, attempt.send(proxies[kind], places));
  }
}, 300 * SECONDS);

afterAll(removeAll, 60 * SECONDS);

describe.each(KINDS)('by %s,', (kind) => {
  describe.each(GROUPS)('$title:', ({ attempts }) => {
    test.each(attempts)('$what', async (attempt) => {
      const outcome = await (begun[kind].get(attempt) ?? attempt.send(proxies[kind], places));
      expect(outcome).toEqual(
        attempt.expected instanceof RegExp ? expect.stringMatching(attempt.expected) : attempt.expected,
      );
      expect({ outcome, through: gotThrough(attempt, outcome) }).toEqual({ outcome, through: false });
    });
  });
});

test('refused names and addresses were never looked up', async () => {
  const refused = [places.site, places.nobody, '169.254.169.254'].map(reverse);
  const asked = (await laboratory.queries()).filter(
    (name) => /(^|\.)example\.net$/.test(name) || refused.includes(name),
  );
  expect(asked).toEqual([]);
});

describe.each(KINDS)('by %s, the log says of a tunnel', (kind) => {
  const lines = async (host: string): Promise<object[]> =>
    (await logs(proxies[kind].container)).stdout
      .split('\n')
      .filter((line) => line.includes(`"host":"${host}"`))
      .map((line) => JSON.parse(line) as object);
  /** The log's line for a tunnel. Each host is requested once, so parallel attempts don't matter. */
  const logged = async (host: string, way: Way): Promise<object[]> => {
    await way(proxies[kind], places);
    return until(`the line of ${host}`, async () => {
      const found = await lines(host);
      return found.length > 0 ? found : undefined;
    });
  };

  test('that its TLS named its host', async () => {
    expect(await logged('log-a.example.org', tunnel('log-a.example.org:443'))).toEqual([
      expect.objectContaining({ verdict: 'allowed', rule: 'listed', status: 200, result: 'TCP_TUNNEL' }),
    ]);
  });

  test.each([
    ['log-b.example.org', 'www.example.net', 'www.example.net'],
    ['log-c.example.org', 'api.example.gov', 'api.example.gov'],
    ['log-d.example.org', 'www.log-d.example.org', 'www.log-d.example.org'],
    ['log-e.example.org', '', '-'],
  ])('to %s, once, that its TLS named "%s"', async (host, servername, tls) => {
    expect(await logged(host, tunnel(`${host}:443`, { servername }))).toEqual([
      expect.objectContaining({ verdict: 'refused', rule: 'tls-name', tls, host }),
    ]);
  });

  test.each([
    ['log-f.example.org', 'GET / HTTP/1.1\r\nHost: www.example.org\r\n\r\n'],
    ['log-g.example.org', 'SSH-2.0-OpenSSH\r\n'],
    ['log-h.example.org', '\x17\x03\x03\x00\x02hi'],
    ['log-i.example.org', '\x80\x2e\x01\x00\x02\x00\x15\x00\x00\x00\x10'],
  ])('to %s that it was refused for %j', async (host, bytes) => {
    expect(await logged(host, inside(`${host}:443`, bytes, PATIENCE_MS))).toEqual([
      expect.objectContaining({ verdict: 'refused', host }),
    ]);
  });

  test('to a `/tcp` destination that it was allowed', async () => {
    const excepted = (await lines('git.example.gov')).filter((line) => 'port' in line && line.port === '22');
    expect(excepted).toEqual([expect.objectContaining({ verdict: 'allowed', rule: 'listed', status: 200 })]);
  });
});

test.each(KINDS)('the proxy by %s still works after all this, and has no complaints', async (kind) => {
  const proxy = proxies[kind];
  expect(await get('http://www.example.org/')(proxy, places)).toBe('reached www.example.org');
  const { stderr } = await logs(proxy.container);
  expect(stderr).not.toMatch(/FATAL|assertion|ACL is used in context/);
  expect(await docker('inspect', '--format', '{{.State.Running}}', proxy.container)).toBe('true');
});
