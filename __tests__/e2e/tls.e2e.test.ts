import * as foundation from '@space-egress/foundation';
import { accountFrom, CloudFoundry } from '../../cli/cloud-foundry';
import { verifyApp } from '../../cli/verify/from-app';
import { get } from '../../cli/verify/http';
import { localOptions, outputsOf } from '../../cli/verify/options';
import { verify } from '../../cli/verify/verify';
import { readConfig } from '../../config';
import { Demo } from './support/demo';

jest.setTimeout(15 * 60_000);

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

  /** What curl's own exit code says of a way to the proxy, with the environment of the application's start. */
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

  it('has no other way to the proxy: the plain ports are closed', async () => {
    const host = 'egress-proxy.apps.internal';
    expect(await curl(`https://${host}:61443`)).toBe('200');
    expect(await curl(`http://${host}:3128`)).toBe('000 curl 7');
    expect(await curl(`http://${host}:8080`)).toBe('000 curl 7');
  });

  it('is found so by verify, from inside of it and from another application', async () => {
    const cloud = await CloudFoundry.login(accountFrom(demo.env));
    const inside = await verifyApp(cloud, { org: 'egress-demo', app: 'egress-demo', more: [] });
    expect(inside.filter(({ ok }) => !ok)).toEqual([]);
    const direct = inside.filter(({ what, way }) => way === 'direct' && what.includes('egress-proxy'));
    expect(direct.map(({ what, expected }) => [what, expected])).toEqual([
      ['egress-demo → egress-proxy.apps.internal:3128', 'refused'],
      ['egress-demo → egress-proxy.apps.internal:8080', 'refused'],
      ['egress-demo → egress-proxy.apps.internal:61443', 'let out'],
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

  it('deploys once: the next plan has no changes', async () => {
    expect((await demo.stack.plan()).changes).toBe(false);
  });
});
