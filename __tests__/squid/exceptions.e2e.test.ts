import { as, connect, hashesOf, openTunnel, raw, request, requestInside } from './client';
import { logs, removeAll, until } from './docker';
import { KINDS, type Kind, type Proxy, startEach, startLaboratory } from './laboratory';

const SECONDS = 1000;
jest.setTimeout(60 * SECONDS);

let forAll: Record<Kind, Proxy>;
let withClients: Record<Kind, Proxy>;

beforeAll(async () => {
  const laboratory = await startLaboratory((site) => ({
    ...Object.fromEntries(
      ['*.example.gov', 'example.gov', '*.old.example.gov', '*.raw.example.gov', '*.example.org', 'example.org'].map(
        (name) => [name, [site]],
      ),
    ),
  }));
  forAll = await startEach(laboratory, {
    allow: [
      '.example.gov!raw.example.gov,.old.example.gov:80,443',
      '.example.org!example.org:80,443',
      'old.example.gov:80,443 until 2020-01-01',
      '.b.old.example.gov:80,443 until 9999-12-31',
      'b.old.example.gov:80,443/tcp until 2020-01-01',
    ],
  });
  withClients = await startEach(laboratory, {
    allow: ['.example.gov!raw.example.gov:80,443'],
    environment: {
      EGRESS_CREDENTIALS: hashesOf('web.1', 'batch.1'),
      EGRESS_CLIENTS: [
        'batch raw.example.gov:80,443',
        'web old.example.com:80,443 until 2020-01-01',
        'batch .example.org!raw.example.org:80,443',
        'web .example.org!www.example.org:80,443',
      ].join('\n'),
    },
  });
}, 300 * SECONDS);

afterAll(removeAll, 60 * SECONDS);

/** The results of a plain request and of a tunnel. */
async function outcomes(proxy: Proxy, host: string, headers = {}): Promise<readonly string[]> {
  const plain = await request(proxy, `http://${host}/`, { headers });
  const asked = await connect(proxy, `${host}:443`, headers);
  if (asked.status !== 200) return [plain, asked].map(({ status, error }) => `${status} ${error ?? ''}`.trim());
  const inside = await requestInside(await openTunnel(proxy, `${host}:443`, headers), host);
  return [plain, inside].map(({ status }) => String(status));
}

const OPEN = ['200', '200'];
const ENDED = ['403 ERR_ENDED', '407 ERR_ENDED'];
const CLOSED = ['403 ERR_NOT_LISTED', '407 ERR_NOT_LISTED'];

describe.each(KINDS)('by %s,', (kind) => {
  let open: Proxy;
  let edges: Proxy;
  beforeAll(() => {
    open = forAll[kind];
    edges = withClients[kind];
  });

  test.each([
    ['example.gov', OPEN],
    ['www.example.gov', OPEN],
    ['www.raw.example.gov', OPEN],
    ['xraw.example.gov', OPEN],
    ['raw.example.gov', CLOSED],
    ['RAW.Example.gov', CLOSED],
    ['old.example.gov', ENDED],
    ['www.old.example.gov', CLOSED],
    ['b.old.example.gov', OPEN],
    ['example.org', CLOSED],
    ['www.example.org', OPEN],
  ])(
    'of a domain with exceptions and of names with an end, a request and a tunnel to %s are answered with %j',
    async (host, expected) => {
      expect(await outcomes(open, host)).toEqual(expected);
    },
  );

  test.each([
    'raw.example.gov.',
    'raw.example.gov..',
    'raw%2eexample.gov',
    '%72aw.example.gov',
    'raw.example.gov%00.example.gov',
    'user@raw.example.gov',
    'www.example.gov@raw.example.gov',
    'raw.example.gov:80',
    'raw.example.gov:0080',
  ])("other spellings don't get around an exception: %s", async (host) => {
    const bytes = ['HTTP/1.1', 'Host: www.example.gov', 'Connection: close', '', ''];
    const plain = await raw(open, `GET http://${host}/ ${bytes.join('\r\n')}`);
    expect(/"host":"([^"]*)"/.exec(plain)?.[1] ?? 'refused').not.toMatch(/^raw\.example\.gov/i);
    const tunnel = await raw(open, `CONNECT ${host.replace(/:.*/, '')}:443 ${bytes.join('\r\n')}`);
    expect(tunnel).not.toMatch(/^HTTP\/1\.[01] 200/);
  });

  test("a tunnel to a host of the domain can't be used for the excepted host", async () => {
    const tunnel = await openTunnel(open, 'www.example.gov:443');
    await expect(requestInside(tunnel, 'raw.example.gov')).rejects.toThrow();
  });

  test.each([
    ['web.1', 'www.example.gov', OPEN],
    ['web.1', 'raw.example.gov', CLOSED],
    ['web.1', 'raw.example.org', OPEN],
    ['web.1', 'www.example.org', CLOSED],
    ['batch.1', 'www.example.gov', OPEN],
    ['batch.1', 'raw.example.gov', OPEN],
    ['batch.1', 'raw.example.org', CLOSED],
    ['batch.1', 'www.example.org', OPEN],
    ['web.1', 'old.example.com', ENDED],
    ['batch.1', 'old.example.com', CLOSED],
  ] as const)("for %s, whose own list adds to the others', %s is answered with %j", async (user, host, expected) => {
    expect(await outcomes(edges, host, as(user))).toEqual(expected);
  });

  test('the log distinguishes excepted and expired hosts from unlisted ones', async () => {
    const headers = as('web.1');
    const hosts = ['raw.example.gov', 'www.example.org', 'old.example.com', 'www.example.com'];
    for (const host of hosts) await connect(edges, `${host}:443`, headers);
    const rules = await until('the lines', async () => {
      const lines = (await logs(edges.container)).stdout.trim().split('\n');
      const entries = lines.map(
        (line) => JSON.parse(line) as { host: string; user: string; verdict: string; rule: string },
      );
      // Tunnels from earlier tests are logged when they end, which can be after these.
      const refused = entries.filter(({ user, verdict }) => user === 'web.1' && verdict === 'refused');
      const found = hosts.flatMap((name) => refused.findLast(({ host }) => host === name) ?? []);
      return found.length === hosts.length ? found : undefined;
    });
    expect(rules.map(({ verdict, rule }) => `${verdict} ${rule}`)).toEqual([
      'refused excepted',
      'refused excepted',
      'refused ended',
      'refused not-listed',
    ]);
    expect((await logs(edges.container)).stderr).not.toMatch(/ERROR|FATAL|subdomain/);
  });
});
