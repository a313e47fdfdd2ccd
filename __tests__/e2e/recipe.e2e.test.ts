import * as foundation from '@space-egress/foundation';
import { readConfig } from '../../config';
import { get } from '../../cli/verify/http';
import { verifyApp } from '../../cli/verify/from-app';
import { localOptions, outputsOf } from '../../cli/verify/options';
import type { Row } from '../../cli/verify/result';
import { verify } from '../../cli/verify/verify';
import { CloudFoundry, accountFrom } from '../../cli/cloud-foundry';
import { Demo } from './support/demo';

const MINUTE = 60_000;
jest.setTimeout(10 * MINUTE);

describe('the deployed recipe', () => {
  let demo: Demo;
  let rows: readonly Row[];

  beforeAll(async () => {
    demo = await Demo.open();
    await demo.deploy();
    const outputs = outputsOf(await demo.stack.outputs());
    rows = await verify(await localOptions(demo.env, readConfig(demo.env), outputs, foundation));
  });

  const seen = (number: number): readonly string[] =>
    rows.filter((row) => row.number === number).map((row) => `${row.ok ? 'ok' : 'not ok'}: ${row.what}: ${row.seen}`);

  it.each([
    [1, 'the public route answers 200 with the page'],
    [2, 'both objects come through the proxy with the right bytes'],
    [4, 'an allowed host is reached through the proxy, over http and https'],
    [5, 'a host that is not on the list is refused by the proxy'],
    [6, 'an allowed host is refused on a port that is not listed'],
    [7, 'metadata, loopback and private addresses are refused, also behind a listed name'],
    [8, 'another application in the restricted space resolves the proxy and is refused at once'],
    [9, 'the proxy has no public route'],
    [16, 'an application gets to no gateway, host, port of the foundation, second leg or neighbour'],
  ])('row %i: %s', (number) => {
    expect(seen(number).length).toBeGreaterThan(0);
    expect(seen(number).filter((row) => !row.startsWith('ok'))).toEqual([]);
  });

  it('row 2: the application stays under its memory limit while 64 MiB pass through it, without a restart', async () => {
    const cloud = await CloudFoundry.login(accountFrom(demo.env));
    const space = await cloud.spaceGuid('egress-demo', 'restricted');
    const app = await cloud.one(`/v3/apps?names=egress-demo&space_guids=${space}`);
    const stats = async () => {
      const { resources } = await cloud.get(`/v3/apps/${app.guid}/processes/web/stats`);
      return (resources as { instance_guid: string; mem_quota: number; usage: { mem: number } }[])[0];
    };
    const before = await stats();
    const downloads = [1, 2, 3].map(() => get(demo.url('egress-demo', '/proxy/large.bin')));
    const sizes = (await Promise.all(downloads)).map(({ size }) => size);
    const after = await stats();
    expect(sizes).toEqual([64, 64, 64].map((mebibytes) => mebibytes * 1024 * 1024));
    expect(after?.instance_guid).toBe(before?.instance_guid);
    expect(after?.usage.mem).toBeLessThan(after?.mem_quota ?? 0);
    expect(after?.mem_quota).toBe(256 * 1024 * 1024);
  });

  it('row 3: without the proxy an own bucket is refused at once, not after a time-out', async () => {
    const answer = await get(demo.url('egress-demo', '/noproxy/small.txt'));
    expect(answer.status).toBe(502);
    expect(answer.text).toContain('ECONNREFUSED');
    expect(answer.milliseconds).toBeLessThan(1000);
  });

  it.each([
    ['egress-demo', 'restricted', 'whose image has Node.js'],
    ['egress-proxy', 'public-egress', 'whose image has bash'],
  ])('verify --app finds all as expected from inside of %s in %s, %s', async (app, space) => {
    const cloud = await CloudFoundry.login(accountFrom(demo.env));
    const found = await verifyApp(cloud, { org: 'egress-demo', app, space, more: [{ host: '10.0.0.9', port: 22 }] });
    expect(found.length).toBeGreaterThan(4);
    expect(found.filter(({ ok }) => !ok)).toEqual([]);
    expect(new Set(found.map(({ expected }) => expected))).toContain(app === 'egress-proxy' ? 'allowed' : 'reached');
  });

  it('row 18: plan, program state and logs contain none of the secrets', async () => {
    const { text, json } = await demo.stack.plan();
    const cloud = await CloudFoundry.login(accountFrom(demo.env));
    const spaces = await Promise.all(
      ['restricted', 'public-egress'].map((name) => cloud.spaceGuid('egress-demo', name)),
    );
    const { resources } = await cloud.get(`/v3/apps?space_guids=${spaces.join(',')}`);
    const logs = await Promise.all((resources as { guid: string }[]).map(({ guid }) => cloud.logs(guid)));
    const program = demo.program();
    const secrets = ['CF_PASSWORD', 'TF_VAR_s3_secret_access_key'].map((name) => demo.env[name] ?? '');
    expect(secrets.every((secret) => secret.length >= 16)).toBe(true);
    const places = { text, json, logs: logs.flat().join('\n'), program };
    for (const [place, content] of Object.entries(places)) {
      expect([place, secrets.filter((secret) => content.includes(secret))]).toEqual([place, []]);
    }
  });
});
