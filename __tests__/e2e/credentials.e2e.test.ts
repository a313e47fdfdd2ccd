import { accountFrom, CloudFoundry } from '../../cli/cloud-foundry';
import { readConfig } from '../../config';
import { blocksOf } from '../support/pages';
import { passwordOf, SEED } from '../support/example';
import { waitFor } from '@space-egress/foundation/testing';
import { Demo, type Edit } from './support/demo';
import { underLoad } from './support/load';
import { allow, push } from './support/push';

jest.setTimeout(15 * 60_000);

/** Only the client's own list has it. */
const OWN = 'http://www.example.net/';
const OPEN = 'http://www.example.org/';
const PROXY = 'http://egress-proxy.apps.internal:3128';

/** The lines on the page for an application that is pushed by hand. */
const page = blocksOf('docs/proxy-clients.md').map(({ text }) => text);
const lines = (of: string): string => page.find((text) => text.includes(of)) ?? `no block has ${of}`;
const MANIFEST = `${lines('services: [batch-egress-credentials]').trimEnd()}
    buildpacks: [nodejs_buildpack]
    command: node server.js
    memory: 64M
    health-check-type: process
    no-route: true
`;
const FILES = {
  '.profile': lines('VCAP_SERVICES'),
  'package.json': JSON.stringify({ name: 'batch', version: '1.0.0', private: true, engines: { node: '22.x' } }),
  // Prints its proxy variables, and the proxy's answers until the proxy allows a request.
  'server.js': `
const http = require('node:http');
const proxy = new URL(process.env.HTTP_PROXY);
const authorization = 'Basic ' + Buffer.from(proxy.username + ':' + proxy.password).toString('base64');
const headers = { host: 'www.example.net', 'proxy-authorization': authorization };
const again = (why) => { console.log(why); setTimeout(ask, 500); };
const ask = () => http.get({ host: proxy.hostname, port: proxy.port, path: '${OWN}', headers }, (response) => {
  response.resume();
  if (response.statusCode !== 200) return again('answered ' + response.statusCode);
  console.log('reached as ' + proxy.username + ', directly ' + process.env.NO_PROXY);
}).on('error', ({ code }) => again(code));
ask();
setInterval(() => {}, 1000);
`,
};

const SEEDED: Edit = [
  'internalDomain: config.internalDomain,',
  "internalDomain: config.internalDomain, seed: secret('proxy_seed'),",
];
const granted = (credentials: string): Edit => [
  'demo.useProxy(proxy);',
  `demo.useProxy(proxy);
    proxy.grantClient('batch', { space, allow: [Destination.host('www.example.net', 80)], credentials: ${credentials} });`,
];
const uri = (version: string): string => {
  const { org, publicSpace } = readConfig(demo.env);
  const password = passwordOf([org, publicSpace, 'egress-proxy'], 'batch', version);
  return `http://batch.${version}:${password}@egress-proxy.apps.internal:3128`;
};

let demo: Demo;
let cloud: CloudFoundry;
let batch = '';
let seeded = false;

beforeAll(async () => {
  demo = await Demo.open();
  demo.env.TF_VAR_proxy_seed = SEED;
  demo.edit(SEEDED, granted("{ version: '1' }"));
  seeded = true;
  await demo.deploy();
  cloud = await CloudFoundry.login(accountFrom(demo.env));
});

/** Restores the demo: without a seed, and without batch, which uses what the deploy removes. */
async function takeBack(): Promise<void> {
  if (batch !== '') await cloud.delete(`/v3/apps/${batch}`);
  batch = '';
  demo.restore();
  await demo.deploy();
  seeded = false;
}

afterAll(async () => {
  if (seeded) await takeBack();
});

test('an application that is pushed by hand, with the lines of the page, reaches what its own list allows', async () => {
  batch = await push(demo.env, {
    org: 'egress-demo',
    space: 'restricted',
    name: 'batch',
    manifest: MANIFEST,
    files: FILES,
  });
  await allow(demo.env, batch, await cloud.appGuid('egress-demo', 'public-egress', 'egress-proxy'), 3128);
  const said = 'reached as batch.1, directly localhost,127.0.0.1,::1,.apps.internal';
  await waitFor(async () => (await cloud.logs(batch)).includes(said), `the log to say: ${said}`);
});

test('credentials that are rotated under 200 requests a second lose none, and the old ones end with the last deploy', async () => {
  const load = { rate: 200, keepAlive: false, url: OWN, app: 'batch' };
  const lost = { sent: expect.any(Number) as number, failed: 0, failures: {} };

  demo.edit(SEEDED, granted("{ version: '2', previous: '1' }"));
  const old = await underLoad(demo, { ...load, proxy: uri('1') }, () => demo.deploy());
  expect(old).toEqual(lost);

  demo.edit(SEEDED, granted("{ version: '2' }"));
  const fresh = await underLoad(demo, { ...load, proxy: uri('2') }, () => demo.deploy());
  expect(fresh).toEqual(lost);
  expect(Math.min(old.sent, fresh.sent)).toBeGreaterThan(1000);

  const answer = (version: string): Promise<string> =>
    demo.inside('batch', [
      ...['curl', '-s', '-o', '/dev/null', '-w', '%{http_code}', '--max-time', '5', '-x', uri(version), OWN],
    ]);
  expect([await answer('1'), await answer('2')]).toEqual(['407', '200']);
});

test('a proxy whose seed is removed no longer requires credentials, without another restart', async () => {
  const anonymously = [
    ...['curl', '-s', '-o', '/dev/null', '-w', '%{http_code}', '--max-time', '5', '-x', PROXY, OPEN],
  ];
  expect(await demo.inside('egress-demo', anonymously)).toBe('407');
  await takeBack();
  expect(await demo.inside('egress-demo', anonymously)).toBe('200');
});
