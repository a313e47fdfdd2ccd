import * as foundation from '@space-egress/foundation';
import { accountFrom, CloudFoundry } from '../../cli/cloud-foundry';
import { verifyApp } from '../../cli/verify/from-app';
import { get } from '../../cli/verify/http';
import { localOptions, outputsOf } from '../../cli/verify/options';
import { verify } from '../../cli/verify/verify';
import { readConfig } from '../../config';
import { blocksOf } from '../support/pages';
import { waitFor } from '@space-egress/foundation/testing';
import { Demo } from './support/demo';
import { allow, push } from './support/push';

jest.setTimeout(15 * 60_000);

const lines = (of: string): string =>
  blocksOf('docs/proxy-clients.md').find(({ text }) => text.includes(of))?.text ?? `no block has ${of}`;
const MANIFEST = `applications:
  - name: by-hand
    buildpacks: [nodejs_buildpack]
    command: node server.js
    memory: 64M
    health-check-type: process
    no-route: true
`;
const FILES = {
  '.profile': `${lines('NODE_EXTRA_CA_CERTS')}\n${lines('HTTPS_PROXY=https:')}`,
  'package.json': JSON.stringify({ name: 'by-hand', version: '1.0.0', private: true, engines: { node: '22.x' } }),
  // Prints the proxy's answer over TLS, when the policy allows the connection.
  'server.js': `
const { connect } = require('node:tls');
const { hostname: host, port } = new URL(process.env.HTTPS_PROXY);
const again = ({ code }) => { console.log(code); setTimeout(ask, 500); };
const ask = () => {
  const socket = connect({ host, port, servername: host }, () => socket.write(
    'GET http://www.example.com/ HTTP/1.1\\r\\nHost: www.example.com\\r\\nConnection: close\\r\\n\\r\\n'));
  socket.once('data', (answer) => console.log('answered ' + String(answer).split(' ', 2).join(' ')));
  socket.on('error', again);
};
ask();
setInterval(() => {}, 1000);
`,
};

describe('an application that talks TLS to its proxy', () => {
  let demo: Demo;

  beforeAll(async () => {
    demo = await Demo.open();
    demo.edit(['    demo.useProxy(proxy);\n', '    demo.useProxy(proxy, { tls: true });\n']);
    await demo.deploy();
  });

  afterAll(async () => {
    demo.restore();
    await demo.deploy();
  });

  /** curl's result with an address of the proxy, in the environment that the application starts with. */
  const curl = (proxy: string): Promise<string> =>
    demo.inside('egress-demo', [
      'bash',
      '-c',
      `curl -s -o /dev/null -w '%{http_code}' --max-time 5 -x ${proxy} http://www.example.com/ || echo " curl $?"`,
    ]);

  it('gets its objects with the AWS SDK, its sites and its refusals through port 61443', async () => {
    const report = JSON.parse((await get(demo.url('egress-demo', '/egress'))).text) as {
      ok: boolean;
      proxy: string;
    };
    expect(report).toMatchObject({ ok: true, proxy: 'https://egress-proxy.apps.internal:61443' });
    expect(await get(demo.url('egress-demo', '/proxy/small.txt'))).toMatchObject({ status: 200, size: 1024 });
    expect(await get(demo.url('egress-demo', '/proxy/large.bin'))).toMatchObject({ status: 200, size: 64 * 1024 ** 2 });
  });

  it('has no other path to the proxy: the plain ports are closed', async () => {
    const host = 'egress-proxy.apps.internal';
    expect(await curl(`https://${host}:61443`)).toBe('200');
    expect(await curl(`http://${host}:3128`)).toBe('000 curl 7');
    expect(await curl(`http://${host}:8080`)).toBe('000 curl 7');
  });

  it('is verified as such, from inside and from another application', async () => {
    const cloud = await CloudFoundry.login(accountFrom(demo.env));
    const inside = await verifyApp(cloud, { org: 'egress-demo', app: 'egress-demo', more: [] });
    expect(inside.filter(({ ok }) => !ok)).toEqual([]);
    const direct = inside.filter(({ what, way }) => way === 'direct' && what.includes('egress-proxy'));
    expect(direct.map(({ what, expected }) => [what, expected])).toEqual([
      ['egress-demo → egress-proxy.apps.internal:3128', 'refused'],
      ['egress-demo → egress-proxy.apps.internal:8080', 'refused'],
      ['egress-demo → egress-proxy.apps.internal:61443', 'allowed'],
    ]);
    const proxied = inside.filter(({ way }) => way === 'proxy').map(({ expected }) => expected);
    expect(new Set(proxied)).toEqual(new Set(['reached', 'refused by the proxy']));

    const outputs = outputsOf(await demo.stack.outputs());
    const rows = await verify(await localOptions(demo.env, readConfig(demo.env), outputs, foundation));
    expect(rows.filter(({ ok }) => !ok)).toEqual([]);
    expect(rows.map(({ what }) => what)).toEqual(
      expect.arrayContaining(['3128', '61443'].map((port) => `another app → egress-proxy.apps.internal:${port}`)),
    );
  });

  it('can be set up by hand, with the commands of the page', async () => {
    const { env } = demo;
    const cloud = await CloudFoundry.login(accountFrom(env));
    const name = 'by-hand';
    const app = await push(env, { org: 'egress-demo', space: 'restricted', name, manifest: MANIFEST, files: FILES });
    try {
      await allow(env, app, await cloud.appGuid('egress-demo', 'public-egress', 'egress-proxy'), 61443);
      await waitFor(async () => (await cloud.logs(app)).includes('answered HTTP/1.1 200'), 'an answer in TLS');
    } finally {
      await cloud.delete(`/v3/apps/${app}`);
    }
  });

  it('deploys once: the next plan has no changes', async () => {
    expect((await demo.stack.plan()).changes).toBe(false);
  });
});
