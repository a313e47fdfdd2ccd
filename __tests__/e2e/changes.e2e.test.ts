import { get } from '../../cli/verify/http';
import { awaitApplications } from '../../tools/demo';
import { waitFor } from '@space-egress/foundation/testing';
import { Demo, type Edit } from './support/demo';
import { underLoad, routerLoad } from './support/load';

jest.setTimeout(15 * 60_000);

interface PlannedChange {
  readonly type: string;
  readonly address: string;
  readonly change: { readonly actions: readonly string[] };
}

const changed = (json: string): readonly PlannedChange[] =>
  (JSON.parse(json) as { resource_changes: readonly PlannedChange[] }).resource_changes.filter(
    ({ change }) => !['no-op', 'read'].includes(change.actions.join()),
  );

const OTHER_HOST: Edit = [
  "Destination.host('www.example.com', 80, 443)",
  "Destination.host('www.example.net', 80, 443)",
];

describe('a change of the code', () => {
  let demo: Demo;

  beforeAll(async () => {
    demo = await Demo.open();
    await demo.deploy();
  });

  afterEach(() => demo.takeBack());

  /** The proxy's answer to a plain request from the demo application: the status, or why there is none. */
  const throughProxy = (url: string): Promise<string> =>
    demo.inside('egress-demo', [
      'bash',
      '-c',
      `curl -s -o /dev/null -w '%{http_code}' --max-time 5 -x http://egress-proxy.apps.internal:3128 ${url} || echo " curl $?"`,
    ]);
  /** Whether the proxy opens a tunnel: its answer to CONNECT. */
  const tunnelTo = (url: string): Promise<string> =>
    demo.inside('egress-demo', [
      'bash',
      '-c',
      `curl -s -o /dev/null -w '%{http_connect}' --max-time 5 -x http://egress-proxy.apps.internal:3128 ${url} || true`,
    ]);
  const CURL_REFUSED = '000 curl 7';

  it('row 11: the edge taken out closes the proxy with the next deploy, and put back opens it', async () => {
    expect(await throughProxy('http://www.example.com/')).toBe('200');
    demo.edit(['    demo.useProxy(proxy);\n', '']);
    await demo.deploy();
    expect(await throughProxy('http://www.example.com/')).toBe(CURL_REFUSED);
    demo.restore();
    await demo.deploy();
    expect(await throughProxy('http://www.example.com/')).toBe('200');
  });

  it('row 12: a changed allowlist is one line in the plan, needs no image and loses no request of 20 a second', async () => {
    demo.edit(OTHER_HOST);
    const { text, json } = await demo.stack.plan();
    expect(changed(json).map(({ type, change }) => `${type} ${change.actions.join()}`)).not.toContain(
      expect.stringContaining('delete'),
    );
    expect(changed(json).filter(({ type }) => type.startsWith('docker_'))).toEqual([]);
    expect(text).toMatch(/\+\s+www\.example\.net:80,443/);
    expect(text).toMatch(/-\s+www\.example\.com:80,443/);

    for (const keepAlive of [false, true]) {
      demo.edit(...(keepAlive ? [] : [OTHER_HOST]));
      const result = await underLoad(demo, { rate: 20, keepAlive, url: 'http://www.example.org/' }, () =>
        demo.deploy(),
      );
      expect(result).toEqual({ sent: expect.any(Number) as number, failed: 0, failures: {} });
      expect(result.sent).toBeGreaterThan(100);
      const added = `http://www.example.${keepAlive ? 'com' : 'net'}/`;
      const removed = `http://www.example.${keepAlive ? 'net' : 'com'}/`;
      expect([await throughProxy(added), await throughProxy(removed)]).toEqual(['200', '403']);
    }
  });

  it('row 17: what 200 requests a second lose in a list change and in a push is counted', async () => {
    demo.edit(OTHER_HOST);
    const load = { rate: 200, keepAlive: true, url: 'http://www.example.org/' };
    const listChange = await underLoad(demo, load, () => demo.deploy());
    demo.edit(['EGRESS_S3_SERVICE: serviceName,', "EGRESS_S3_SERVICE: serviceName, EGRESS_POSTURE_NOTE: 'pushed',"]);
    const push = await routerLoad(demo.url('egress-demo', '/healthz'), 200, () => demo.deploy());
    process.stderr.write(`row 17: list change ${JSON.stringify(listChange)}, push ${JSON.stringify(push)}\n`);
    for (const { sent, failed } of [listChange, push]) {
      expect(sent).toBeGreaterThan(1000);
      expect(failed / sent).toBeLessThan(0.01);
    }
  });

  it('row 19: a proxy that is killed and one that hangs are replaced by the platform, and what their clients lose is counted', async () => {
    // The brackets prevent the pattern from matching the shell's own arguments.
    const signalSquid = (signal: string) => [
      'sh',
      '-c',
      `kill -${signal} $(grep -l '^[/]usr/sbin/squid' /proc/[0-9]*/cmdline | cut -d/ -f3)`,
    ];
    const load = { rate: 200, keepAlive: false, url: 'http://www.example.org/' };
    for (const signal of ['KILL', 'STOP']) {
      const before = await demo.instances('egress-proxy');
      let replaced = 0;
      const lost = await underLoad(demo, load, async () => {
        await demo.inside('egress-proxy', signalSquid(signal));
        const began = performance.now();
        await waitFor(async () => {
          const now = await demo.instances('egress-proxy');
          return now.length === before.length && now.some((id) => !before.includes(id));
        }, `another instance after SIG${signal}`);
        replaced = Math.round(performance.now() - began) / 1000;
        await awaitApplications(demo.env);
      });
      process.stderr.write(`row 19: SIG${signal} ${JSON.stringify(lost)}, another instance after ${replaced} s\n`);
      expect(lost.sent).toBeGreaterThan(200);
      expect(await throughProxy('http://www.example.org/')).toBe('200');
    }
  });

  it('row 20: more instances of the proxy and fewer lose no request of 200 a second', async () => {
    const load = { rate: 200, url: 'http://www.example.org/' };
    const deployTo = (count: number) => async () => {
      await demo.deploy();
      expect(await demo.instances('egress-proxy')).toHaveLength(count);
    };
    demo.edit(["'EgressProxy', {\n", "'EgressProxy', {\n      instances: 4,\n"]);
    const up = await underLoad(demo, { ...load, keepAlive: false }, deployTo(4));
    demo.restore();
    const down = await underLoad(demo, { ...load, keepAlive: true }, deployTo(2));
    for (const result of [up, down]) {
      expect(result).toEqual({ sent: expect.any(Number) as number, failed: 0, failures: {} });
      expect(result.sent).toBeGreaterThan(200);
    }
  });

  it('row 7: a destination that names its private range is reached inside that range and not outside it', async () => {
    const endpoint = 'bucket.vpce-0e9re55.s3.us-gov-west-1.vpce.amazonaws.com';
    const inside = `https://egress-demo.${endpoint}/`;
    const outside = `https://other.${endpoint}/`;
    expect(await tunnelTo(inside)).toBe('407');
    demo.edit([
      "Destination.domain('example.org', 80, 443),",
      `Destination.domain('example.org', 80, 443),
       Destination.parse('egress-demo.${endpoint}:443@10.98.0.0/24'),
       Destination.parse('other.${endpoint}:443@10.97.0.0/24'),`,
    ]);
    await demo.deploy();
    expect([await tunnelTo(inside), await tunnelTo(outside)]).toEqual(['200', '407']);
    for (const name of ['private', 'metadata', 'loopback']) {
      expect([name, await throughProxy(`http://${name}.example.org/`)]).toEqual([name, '403']);
    }
  });

  it('rows 3 and 10: a closed space works through the proxy, and a brokered bucket is direct from trusted-local only', async () => {
    demo.edit(
      ['{ Route, S3, Service }', '{ Route, S3, Service, ServiceKind }'],
      [
        '    const route = new Route(',
        `${client('closed', 'CLOSED')}${client('trusted', 'TRUSTED_LOCAL')}${LISTED}    const route = new Route(`,
      ],
    );
    await demo.deploy();
    const page = async (host: string, path: string) => {
      const { status, text } = await get(demo.url(host, path));
      return { status, refused: text.includes('ECONNREFUSED') };
    };
    await appears(demo.url('closed-client', '/egress'));
    await appears(demo.url('trusted-client', '/egress'));
    const report = JSON.parse((await get(demo.url('closed-client', '/egress'))).text) as { ok: boolean };
    expect(report.ok).toBe(true);
    expect(await page('closed-client', '/noproxy/small.txt')).toEqual({ status: 502, refused: true });
    expect(await page('trusted-client', '/noproxy/small.txt')).toEqual({ status: 200, refused: false });

    // The host of the closed space's bucket comes from the broker. The proxy reaches the bucket only by that name.
    const host = (await demo.inside('egress-proxy', ['printenv', 'EGRESS_HOST_EGRESS_TEST_S3_BUCKET'])).trim();
    expect(host).toMatch(/^[a-z0-9-]+\.s3-fips\.us-gov-west-1\.amazonaws\.com$/);
    const another = host.replace(/^[^.]+/, 'egress-demo');
    expect([await tunnelTo(`https://${host}/`), await tunnelTo(`https://${another}/`)]).toEqual(['200', '407']);
  });
});

/** Waits, because an apply doesn't wait for an application's instances. */
async function appears(url: string): Promise<void> {
  await waitFor(async () => (await get(url)).status === 200, `${url} to answer 200`);
}

/** Adds the closed space's bucket to the proxy's list. */
const LISTED =
  "    proxy.allowDestinations(Destination.fromService(closedS3, 'bucket host').within('10.97.0.0/24'));\n";

/** A second copy of the demo in a separate space, with a bucket from the marketplace. */
function client(name: string, egress: string): string {
  return `
    const ${name} = new EgressSpace(this, '${name}', { orgName, spaceName: '${name}', egress: Egress.${egress}, deployers });
    const ${name}S3 = new Service(this, '${name}-s3', {
      space: ${name}, serviceName: 'egress-test-s3', kind: ServiceKind.managed('s3', 'basic-sandbox'),
    });
    const ${name}Client = new Application(this, '${name}-client', {
      space: ${name},
      source: AppSource.directory('app', { buildpacks: ['nodejs_buildpack'] }),
      healthCheck: HealthCheck.http('/healthz'),
      services: [${name}S3],
      environment: {
        EGRESS_PROBES: JSON.stringify([
          { name: 'listed', url: 'https://www.example.com/', way: 'proxy', expect: 'reached' },
          { name: 'directly', url: 'https://www.example.com/', way: 'direct', expect: 'refused' },
        ]),
      },
    });
    ${name}Client.useProxy(proxy);
    new Route(this, '${name}-route', { app: ${name}Client, host: '${name}-client', domain: config.appsDomain });
`;
}
