/**
 * Programs from Debian through the proxy's image, with the variables that the constructs set. All with `npm run
 * test:clients`.
 */
import { askBy, isThere, PROXY_PROGRAMS } from '../support/proxy-programs';
import { logs, removeAll } from './docker';
import { type Laboratory, type Proxy, startLaboratory } from './laboratory';
import { hashesOf, USERS } from './client';

const SECONDS = 1000;
jest.setTimeout(150 * SECONDS);

const ALL = process.env.PROXY_PROGRAMS === 'all';
/** One program with its own library, and one that uses another's. */
const QUICK = new Set(['curl', 'git']);
const USER = 'batch.2';

let laboratory: Laboratory;
let proxy: Proxy;

beforeAll(async () => {
  laboratory = await startLaboratory((site) => ({ '*.example.org': [site] }), { records: true });
  proxy = await laboratory.startProxy({
    allow: Object.values(PROXY_PROGRAMS).map(({ needs }) => `${allowed(needs)}:443`),
    environment: { EGRESS_CREDENTIALS: hashesOf(USER) },
  });
}, 300 * SECONDS);

afterAll(removeAll, 60 * SECONDS);

const allowed = (needs: string): string => `${needs}.example.org`;

/** The proxy's log lines for requests to a host. */
const verdicts = async (host: string): Promise<object[]> =>
  (await logs(proxy.container)).stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>)
    .filter((line) => line['host'] === host)
    .map(({ user, verdict, rule }) => ({ user, verdict, rule }));

/** Whether a connection to the site began TLS with this name, which is in clear text there. */
const hasReached = async (host: string): Promise<boolean> =>
  (await laboratory.reached()).some(({ first }) => Buffer.from(first, 'base64').includes(host));

const programs = Object.entries(PROXY_PROGRAMS).filter(([name]) => ALL || QUICK.has(name));

describe.each(programs)('%s', (_, program) => {
  const { needs } = program;
  const run = isThere(needs) || ALL ? test : test.skip;
  const without = isThere(needs) ? '' : `, untested without ${needs}`;
  const ask = (host: string): Promise<void> =>
    askBy(program, host, {
      ...{ scheme: 'http', host: proxy.host, port: String(proxy.port), user: USER, password: USERS[USER][0] },
      noProxy: [],
    });

  run(`reaches a host on the list${without}`, async () => {
    const host = allowed(needs);
    await ask(host);
    expect(await verdicts(host)).toContainEqual({ user: USER, verdict: 'allowed', rule: 'listed' });
    expect(await hasReached(host)).toBe(true);
  });

  run(`is refused any other host${without}`, async () => {
    const host = `not-${allowed(needs)}`;
    await ask(host);
    const said = await verdicts(host);
    expect(said).toContainEqual(expect.objectContaining({ user: USER, verdict: 'refused' }));
    expect(said).not.toContainEqual(expect.objectContaining({ verdict: 'allowed' }));
    expect(await hasReached(host)).toBe(false);
  });
});
