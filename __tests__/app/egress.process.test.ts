import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';

import Ajv from 'ajv/dist/2020';

import type { Probe } from '../../app/types';
import { APP, Stage, closedPort, vcapServices } from './support/stage';

const stage = new Stage();
afterEach(() => stage.close());

const matchesSchema = new Ajv().compile(JSON.parse(readFileSync(join(APP, 'egress.schema.json'), 'utf8')) as object);
const probes = (...list: Probe[]) => JSON.stringify(list);
const one = (probe: Partial<Probe>) =>
  probes({ name: 'it', url: 'http://www.site.test/', way: 'direct', expect: 'reached', ...probe });

describe('a direct probe', () => {
  test('reaches a site whatever its status', async () => {
    const port = await stage.site(404);
    const app = await stage.app({ EGRESS_PROBES: one({ url: `http://127.0.0.1:${port}/x` }) });
    expect((await app.report()).probes).toEqual([
      {
        name: 'it',
        kind: 'site',
        target: `http://127.0.0.1:${port}/x`,
        way: 'direct',
        expect: 'reached',
        seen: 'reached',
        detail: 'HTTP 404 Not Found',
        status: 404,
        ok: true,
        outcome: 'as expected',
        remedy: null,
        milliseconds: expect.any(Number) as number,
      },
    ]);
  });

  test('ignores the proxy', async () => {
    const { proxy, address } = await stage.proxy({});
    const url = `http://127.0.0.1:${await stage.site(200)}/`;
    const app = await stage.app({ HTTP_PROXY: address, HTTPS_PROXY: address, EGRESS_PROBES: one({ url }) });
    expect((await app.report()).ok).toBe(true);
    expect(proxy.asked).toEqual([]);
  });

  test.each(['http', 'https'])('is refused if nothing listens (%s), and says who refused', async (scheme) => {
    const port = await closedPort();
    const app = await stage.app({ EGRESS_PROBES: one({ url: `${scheme}://127.0.0.1:${port}/`, expect: 'refused' }) });
    const { ok, probes } = await app.report();
    expect(ok).toBe(true);
    expect(probes[0]).toMatchObject({
      seen: 'refused',
      detail: `connect ECONNREFUSED 127.0.0.1:${port}`,
      status: null,
    });
  });

  test('is refused by every address of a name, in one line', async () => {
    const url = `http://localhost:${await closedPort()}/`;
    const { probes } = await (await stage.app({ EGRESS_PROBES: one({ url, expect: 'refused' }) })).report();
    expect(probes[0]).toMatchObject({ seen: 'refused', ok: true });
    expect(probes[0]?.detail).toMatch(/^connect ECONNREFUSED \S+:\d+(; connect ECONNREFUSED \S+:\d+)*$/);
  });

  test('distinguishes a name without an address from a refusal', async () => {
    // An invalid name, which the resolver rejects by itself: a name server can be slow, or its answer can get lost.
    const app = await stage.app({ EGRESS_PROBES: one({ url: 'http://nothing..invalid/', expect: 'refused' }) });
    expect((await app.report()).probes[0]).toMatchObject({
      seen: 'name not resolved',
      outcome: 'inconclusive',
      remedy: 'look at the name: it has no address, so nothing was asked',
    });
  });

  test('distinguishes a failed handshake from a refusal', async () => {
    const { port } = await stage.s3();
    const app = await stage.app({ EGRESS_PROBES: one({ url: `https://127.0.0.1:${port}/`, expect: 'refused' }) });
    expect((await app.report()).probes[0]).toMatchObject({
      seen: 'failed',
      detail: 'self-signed certificate',
      ok: false,
    });
  });
});

describe('a probe through the proxy', () => {
  test("reaches a plain site and distinguishes its 403 from the proxy's", async () => {
    const { proxy, address } = await stage.proxy({ 'www.site.test:80': await stage.site(403) });
    const app = await stage.app({
      HTTP_PROXY: address,
      EGRESS_PROBES: probes(
        { name: 'listed', url: 'http://www.site.test/a?b', way: 'proxy', expect: 'reached' },
        { name: 'not listed', url: 'http://www.other.test/', way: 'proxy', expect: 'refused by proxy' },
      ),
    });
    expect((await app.report()).probes).toMatchObject([
      { seen: 'reached', status: 403, detail: 'HTTP 403 Forbidden', ok: true },
      { seen: 'refused by proxy', status: 403, detail: 'the proxy answered 403 (ERR_ACCESS_DENIED 0)', ok: true },
    ]);
    expect(proxy.asked.sort()).toEqual(['GET http://www.other.test/', 'GET http://www.site.test/a?b']);
  });

  test("requests https sites with CONNECT, and reports the proxy's answer", async () => {
    const { proxy, address } = await stage.proxy({});
    const app = await stage.app({
      HTTPS_PROXY: address,
      EGRESS_PROBES: one({ url: 'https://www.other.test/', way: 'proxy', expect: 'refused by proxy' }),
    });
    expect((await app.report()).probes[0]).toMatchObject({ ok: true, status: 403, seen: 'refused by proxy' });
    expect(proxy.asked).toEqual(['CONNECT www.other.test:443']);
  });

  test.each([
    ['http', 407, 'refused by proxy'],
    ['https', 407, 'refused by proxy'],
    ['http', 503, 'failed'],
    ['https', 503, 'failed'],
  ])('over %s, the proxy\'s own %i is "%s"', async (scheme, status, seen) => {
    const { proxy, address } = await stage.proxy({});
    proxy.refusal = { status, squidError: 'ERR_SOME_REASON 0' };
    const url = `${scheme}://www.site.test/`;
    const app = await stage.app({
      HTTP_PROXY: address,
      HTTPS_PROXY: address,
      EGRESS_PROBES: one({ url, way: 'proxy' }),
    });
    const detail = `the proxy answered ${status} (ERR_SOME_REASON 0)`;
    expect((await app.report()).probes[0]).toMatchObject({ seen, status, detail, ok: false });
  });

  test.each([
    ['407:ERR_NOT_LISTED 0', 'refused by proxy', 'not on the allowlist'],
    ['407:ERR_PRIVATE_ADDRESS 0', 'refused by proxy', 'leads to an address that is not open'],
    ['407:ERR_NAME 0', 'failed', 'its name does not resolve'],
    ['ERR_CACHE_ACCESS_DENIED 0', 'failed', "the client's credentials are wrong or missing"],
  ])('that is answered with 407 and %s is "%s": %s', async (squidError, seen, reason) => {
    const { proxy, address } = await stage.proxy({});
    proxy.refusal = { status: 407, squidError };
    const app = await stage.app({
      HTTPS_PROXY: address,
      EGRESS_PROBES: one({ url: 'https://www.site.test/', way: 'proxy' }),
    });
    expect((await app.report()).probes[0]).toMatchObject({ seen, detail: `the proxy answered 407 (${reason})` });
  });

  test('ignores NO_PROXY', async () => {
    const { proxy, address } = await stage.proxy({});
    const url = 'http://127.0.0.1/';
    const EGRESS_PROBES = one({ url, way: 'proxy', expect: 'refused by proxy' });
    const app = await stage.app({ HTTP_PROXY: address, NO_PROXY: '*', EGRESS_PROBES });
    expect((await app.report()).ok).toBe(true);
    expect(proxy.asked).toEqual([`GET ${url}`]);
  });

  test("is refused while the proxy doesn't exist yet", async () => {
    const port = await closedPort();
    const address = `http://127.0.0.1:${port}`;
    const app = await stage.app({
      HTTP_PROXY: address,
      HTTPS_PROXY: address,
      VCAP_SERVICES: vcapServices('s3.test'),
      EGRESS_PROBES: probes(
        { name: 'plain', url: 'http://www.site.test/', way: 'proxy', expect: 'reached' },
        { name: 'tunnel', url: 'https://www.site.test/', way: 'proxy', expect: 'reached' },
        { name: 'bucket', s3: 'small.txt', way: 'proxy', expect: 'reached' },
      ),
    });
    const refused = {
      seen: 'refused',
      detail: `connect ECONNREFUSED 127.0.0.1:${port}`,
      outcome: 'not as expected',
    };
    expect((await app.report()).probes).toMatchObject([refused, refused, refused]);
  });

  test("is not counted as refused if the proxy's name has no address", async () => {
    const app = await stage.app({ HTTP_PROXY: 'http://nothing..invalid:3128', EGRESS_PROBES: one({ way: 'proxy' }) });
    expect((await app.report()).probes[0]).toMatchObject({ seen: 'name not resolved', outcome: 'not as expected' });
  });

  test('gives the proxy the credentials of its address and keeps them out of the answer', async () => {
    const { proxy, address } = await stage.proxy({});
    const withCredentials = address.replace('//', '//client:pass%2Fword@');
    const app = await stage.app({
      HTTP_PROXY: withCredentials,
      HTTPS_PROXY: withCredentials,
      EGRESS_PROBES: probes(
        { name: 'plain', url: 'http://www.site.test/', way: 'proxy', expect: 'refused by proxy' },
        { name: 'tunnel', url: 'https://www.site.test/', way: 'proxy', expect: 'refused by proxy' },
      ),
    });
    const report = await app.report();
    const basic = `Basic ${Buffer.from('client:pass/word').toString('base64')}`;
    expect(proxy.authorizations).toEqual([basic, basic]);
    expect(report.proxy).toBe(address);
    expect(JSON.stringify(report) + app.log.join()).not.toMatch(/pass/);
  });

  test('reports that no proxy is set', async () => {
    const app = await stage.app({
      EGRESS_PROBES: probes(
        { name: 'plain', url: 'http://www.site.test/', way: 'proxy', expect: 'reached' },
        { name: 'tunnel', url: 'https://www.site.test/', way: 'proxy', expect: 'reached' },
      ),
    });
    const report = await app.report();
    expect(report.outcome).toBe('inconclusive');
    expect(report.probes.map((row) => row.detail)).toEqual([
      'there is no proxy: HTTP_PROXY is not set',
      'there is no proxy: HTTPS_PROXY is not set',
    ]);
  });
});

describe('a probe of the bucket', () => {
  test('asks for the bucket by its own host name through the proxy, and for nothing else', async () => {
    const { s3, port } = await stage.s3();
    const { proxy, address } = await stage.proxy({ 'bucket.s3.test:443': port });
    const app = await stage.app({
      HTTPS_PROXY: address,
      VCAP_SERVICES: vcapServices('s3.test'),
      EGRESS_PROBES: one({ url: undefined, s3: 'small.txt', way: 'proxy' }),
    });
    const { probes } = await app.report();
    expect(probes[0]).toMatchObject({ ok: true, detail: 'HTTP 200 OK', target: 'https://bucket.s3.test/small.txt' });
    expect(proxy.asked).toEqual(['CONNECT bucket.s3.test:443']);
    expect(s3.asked).toEqual(['bucket.s3.test /small.txt']);
  });

  test('is refused by the proxy, and by S3 only in its status', async () => {
    const { port } = await stage.s3();
    const env = { EGRESS_PROBES: one({ url: undefined, s3: 'denied.txt', way: 'proxy' }) };
    const closed = await stage.proxy({});
    const refused = await stage.app({ ...env, HTTPS_PROXY: closed.address, VCAP_SERVICES: vcapServices('s3.test') });
    expect((await refused.report()).probes[0]).toMatchObject({ seen: 'refused by proxy', status: 403, ok: false });
    const open = await stage.proxy({ 'bucket.s3.test:443': port });
    const denied = await stage.app({ ...env, HTTPS_PROXY: open.address, VCAP_SERVICES: vcapServices('s3.test') });
    expect((await denied.report()).probes[0]).toMatchObject({
      seen: 'reached',
      detail: 'HTTP 403 AccessDenied',
      ok: true,
    });
  });

  test('is sent directly and refused', async () => {
    const app = await stage.app({
      VCAP_SERVICES: vcapServices(`127.0.0.1:${await closedPort()}`),
      EGRESS_PROBES: one({ url: undefined, s3: 'small.txt', expect: 'refused' }),
    });
    const { probes } = await app.report();
    expect(probes[0]).toMatchObject({ seen: 'refused', ok: true });
  });

  test('reports that no such service is bound', async () => {
    const EGRESS_PROBES = one({ url: undefined, s3: 'small.txt' });
    const app = await stage.app({ VCAP_SERVICES: '{}', EGRESS_PROBES });
    expect((await app.report()).probes[0]).toMatchObject({
      seen: 'not asked',
      target: 's3: small.txt',
      detail: 'no service named "egress-test-s3" is bound to this application',
      outcome: 'inconclusive',
      remedy: "complete this application's environment, as its README says",
    });
  });
});

describe('the table as a whole', () => {
  test('takes less than the sum of its probes if every target is silent, because they run in parallel', async () => {
    const silent = await stage.silent();
    const { proxy, address } = await stage.proxy({});
    proxy.silent = true;
    const app = await stage.app({
      HTTPS_PROXY: address,
      VCAP_SERVICES: vcapServices('s3.test'),
      EGRESS_PROBES: probes(
        { name: 'site', url: `http://127.0.0.1:${silent}/`, way: 'direct', expect: 'reached' },
        { name: 'handshake', url: `https://127.0.0.1:${silent}/`, way: 'direct', expect: 'reached' },
        { name: 'tunnel', url: 'https://www.site.test/', way: 'proxy', expect: 'reached' },
        { name: 'bucket', s3: 'small.txt', way: 'proxy', expect: 'reached' },
      ),
    });
    const started = performance.now();
    const { probes: rows } = await app.report();
    expect(rows.map((row) => row.seen)).toEqual(Array(4).fill('timed out'));
    const together = rows.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
    expect(performance.now() - started).toBeLessThan(together);
  });

  test('is made once for simultaneous requests, and again when the result is old', async () => {
    let asked = 0;
    const port = await stage.listen(createServer((_request, response) => response.end(String(++asked))));
    const app = await stage.app({ EGRESS_PROBES: one({ url: `http://127.0.0.1:${port}/` }) });
    const at = async () => (await app.report()).at;
    const [first, ...others] = await Promise.all(Array.from({ length: 20 }, at));
    expect(new Set(others)).toEqual(new Set([first]));
    expect(asked).toBe(1);
    while ((await at()) === first) await new Promise((resolve) => setTimeout(resolve, 100));
    expect(asked).toBe(2);
  });

  test.each<[string, Record<string, string>]>([
    ['nothing set', {}],
    ['everything broken', { EGRESS_PROBES: '[', VCAP_SERVICES: '[', VCAP_APPLICATION: '[', HTTPS_PROXY: 'squid' }],
    [
      'one probe of each kind',
      {
        VCAP_APPLICATION: '{"application_name":"demo","space_name":"restricted","organization_name":"org"}',
        CF_INSTANCE_INDEX: '0',
        EGRESS_POSTURE: 'closed',
        VCAP_SERVICES: vcapServices('127.0.0.1:1'),
        EGRESS_PROBES: probes(
          { name: 'site', url: 'http://127.0.0.1:1/', way: 'direct', expect: 'refused' },
          { name: 'bucket', s3: 'small.txt', way: 'direct', expect: 'refused' },
          { name: 'no proxy', url: 'http://127.0.0.1:1/', way: 'proxy', expect: 'reached' },
        ),
      },
    ],
  ])('answers 200 and keeps to its schema: %s', async (_name, env) => {
    const { url } = await stage.app(env);
    const response = await fetch(`${url}/egress`);
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/json; charset=utf-8']);
    expect([matchesSchema(await response.json()), matchesSchema.errors]).toEqual([true, null]);
  });

  test('is inconclusive without probes, and says why', async () => {
    const { ok, outcome, problems } = await (await stage.app({})).report();
    expect([ok, outcome]).toEqual([false, 'inconclusive']);
    expect(problems).toEqual(['EGRESS_PROBES is not set: there is nothing to probe']);
  });

  test('shows which application asks, and from where', async () => {
    const app = await stage.app({
      VCAP_APPLICATION: '{"application_name":"demo","space_name":"restricted","organization_name":"egress-demo"}',
      CF_INSTANCE_INDEX: '1',
      EGRESS_POSTURE: 'trusted-local',
    });
    expect(await app.report()).toMatchObject({
      app: { name: 'demo', space: 'restricted', organization: 'egress-demo', instance: 1 },
      posture: 'trusted-local',
      proxy: null,
    });
  });
});
