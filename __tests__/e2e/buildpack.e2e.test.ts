/** The proxy without an image, in its own deployment next to the example's. The same must be true for both. */
import { join } from 'node:path';
import * as foundation from '@space-egress/foundation';
import { accountFrom, CloudFoundry } from '../../cli/cloud-foundry';
import { logCommand } from '../../cli/log/command';
import { localOptions, outputsOf } from '../../cli/verify/options';
import { verify } from '../../cli/verify/verify';
import { readConfig } from '../../config';
import { auditCommand, explainCommand } from '../../review/commands';
import { passwordOf, SEED } from '../support/example';
import { runCommand } from '../review/support/command';
import { Demo, type Edit } from './support/demo';
import { underLoad } from './support/load';

jest.setTimeout(10 * 60_000);

const HOST = 'pushed-proxy.apps.internal';

const edits = (site: string): Edit[] => [
  [
    'demo.useProxy(proxy);',
    `const pushed = new EgressProxy(this, 'PushedProxy', {
      space: proxy.space,
      source: EgressProxy.buildpack(),
      seed: secret('proxy_seed'),
      internalDomain: config.internalDomain,
      allow: [
        Destination.host('${site}', 80, 443),
        Destination.domain('example.org', 80, 443),
        Destination.host(S3.host(bucket, region)),
      ],
    });
    const own = [Destination.host('www.example.org', 8443)];
    demo.useProxy(pushed, { tls: true, plainVariables: ['PLAIN_PROXY'], allow: own });
    pushed.grantClient('batch', { space, allow: [Destination.host('www.example.net', 443)] });`,
  ],
  ['value: proxy.proxyUri', 'value: pushed.proxyUri'],
];

const password = (client: string): string => {
  const { org, publicSpace } = readConfig(demo.env);
  return passwordOf([org, publicSpace, 'pushed-proxy'], client);
};
const as = (client: string, scheme = 'http', port = 3128): string =>
  `${scheme}://${client}.1:${password(client)}@${HOST}:${port}`;

let demo: Demo;

beforeAll(async () => {
  demo = await Demo.open();
  demo.env.TF_VAR_proxy_seed = SEED;
  demo.edit(...edits('www.example.com'));
  await demo.deploy();
});

afterAll(async () => {
  demo.restore();
  await demo.deploy();
});

/** The proxy's answer to a request from inside the application; for `https:`, its answer to CONNECT. */
const answer = (proxy: string, url: string): Promise<string> => {
  const format = url.startsWith('https:') ? '%{http_connect}' : '%{http_code}';
  const curl = `curl -s -k -o /dev/null -w '${format}' --max-time 5 -x ${proxy} ${url}`;
  return demo.inside('egress-demo', ['bash', '-c', `${curl} || case $? in 7) echo ' refused' ;; esac`]);
};

test('verify finds everything as expected for an application that uses it, with credentials and over TLS', async () => {
  const options = await localOptions(demo.env, readConfig(demo.env), outputsOf(await demo.stack.outputs()), foundation);
  const rows = await verify(options);
  expect(rows.filter(({ ok }) => !ok)).toEqual([]);
  expect(new Set(rows.map(({ number }) => number))).toEqual(new Set([1, 2, 3, 4, 5, 6, 7, 8, 9, 16]));
});

test.each([
  ['egress-demo', 'http://www.example.com/', '200'],
  ['egress-demo', 'https://www.example.org:8443/', '200'],
  ['egress-demo', 'https://www.example.net/', '407'],
  ['egress-demo', 'http://www.example.net/', '403'],
  ['batch', 'https://www.example.net/', '200'],
  ['batch', 'https://www.example.org:8443/', '407'],
])('%s asks it for %s: %s', async (client, url, expected) => {
  expect(await answer(as(client), url)).toBe(expected);
});

test.each([
  ['nobody', '407', () => `http://${HOST}:3128`],
  ['somebody with a wrong password', '407', () => `http://batch.1:${password('egress-demo')}@${HOST}:3128`],
  ['a client with TLS', '200', () => as('batch', 'https', 61443)],
  ['a client at the port behind the TLS, which has no policy,', '000 refused', () => as('batch', 'http', 8080)],
])('%s is answered %s', async (_, expected, proxy) => {
  expect(await answer(proxy(), 'http://www.example.org/')).toBe(expected);
});

test('log, explain and audit recognize it like the image', async () => {
  const { out } = await runCommand(logCommand(demo.env), ['--app', 'pushed-proxy']);
  expect(out).toContain("Destination.host('www.example.net', 80)");
  expect(out).toMatch(/egress-demo\S*\s+www\.example\.com:80\s+allowed/);

  const tree = join(demo.folder, 'cdktf.out');
  const explained = async (to: string) =>
    (await runCommand(explainCommand(), ['egress-demo', to, '--tree', tree])).out.split('\n')[0];
  expect(await explained('www.example.org:8443')).toBe('egress-demo -> www.example.org:8443: yes');
  expect(await explained('www.example.net:80')).toBe('egress-demo -> www.example.net:80: no');

  const audited = await runCommand(
    auditCommand(() => CloudFoundry.login(accountFrom(demo.env))),
    ['--tree', tree],
  );
  expect(audited).toMatchObject({ code: 0, out: expect.stringContaining('is as the code says') as string });
});

test('a changed list is staged again, and loses none of 200 requests per second', async () => {
  expect((await demo.stack.plan()).changes).toBe(false);
  demo.edit(...edits('www.example.net'));
  const load = { rate: 200, keepAlive: true, url: 'http://www.example.org/', proxy: as('egress-demo') };
  const result = await underLoad(demo, load, () => demo.deploy());
  expect(result).toEqual({ sent: expect.any(Number) as number, failed: 0, failures: {} });
  expect(result.sent).toBeGreaterThan(1000);
  const answers = ['net', 'com'].map((domain) => answer(as('egress-demo'), `http://www.example.${domain}/`));
  expect(await Promise.all(answers)).toEqual(['200', '403']);
});
