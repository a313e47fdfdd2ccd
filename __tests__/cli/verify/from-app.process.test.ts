/** What is expected of an application, read from a foundation's API. The test provides the task's answers. */
import { accountFrom, CloudFoundry } from '../../../cli/cloud-foundry';
import { verifyApp } from '../../../cli/verify/from-app';
import { inconclusiveOf } from '../../../cli/verify/inconclusive';
import {
  type InstanceSpec,
  eventually,
  makeSpace,
  pushImage,
  startFoundation,
  toOne,
  type Foundation,
} from '@space-egress/foundation/testing';

let foundation: Foundation;
let cloud: CloudFoundry;
let web: string;
let proxy: string;

const ADDRESSES: Readonly<Record<string, string>> = {
  'www.example.com': '203.0.113.10',
  'listed.example.gov': '203.0.113.11',
};

beforeAll(async () => {
  foundation = await startFoundation();
  const { deployer, service, admin } = foundation;
  cloud = await CloudFoundry.login(
    accountFrom({
      CF_API_URL: service.url,
      CF_USER: service.credentials.deployer.username,
      CF_PASSWORD: service.credentials.deployer.password,
    }),
  );
  const closed = await makeSpace(deployer, 'closed');
  const open = await makeSpace(deployer, 'open');
  web = await pushImage(deployer, closed, 'web', '  env: {HTTPS_PROXY: "http://proxy.apps.internal:3128"}\n');
  proxy = await pushImage(deployer, open, 'proxy', '  env: {EGRESS_ALLOW: "listed.example.gov:443"}\n');
  const other = await pushImage(deployer, open, 'other');
  await pushImage(deployer, open, 'twice');
  await pushImage(deployer, closed, 'twice');
  const domain = toOne(await deployer.find('/v3/domains?names=apps.internal'));
  for (const [host, app] of [
    ['proxy', proxy],
    ['other', other],
  ] as const) {
    const route = await deployer.create('/v3/routes', { host, relationships: { space: toOne(open), domain } });
    await deployer.post(`/v3/routes/${route}/destinations`, { destinations: [{ app: { guid: app } }] });
  }
  const group = await admin.find('/v3/security_groups?names=public_networks_egress');
  await deployer.post(`/v3/security_groups/${group}/relationships/running_spaces`, { data: [{ guid: open }] });
  await deployer.post('/networking/v1/external/policies', {
    policies: [{ source: { id: web }, destination: { id: proxy, protocol: 'tcp', ports: { start: 3128, end: 3128 } } }],
  });
});

afterAll(async () => {
  await foundation.close();
  expect(foundation.failures).toEqual([]);
});

type Answer = (way: string, host: string, port: number) => string;

/** Plays the task: prints the `answer` to each question, like the script in a container. */
async function play(answer: Answer): Promise<InstanceSpec> {
  const { cell } = foundation;
  const spec = await eventually(() => [...cell.running.values()].find(({ task }) => task !== undefined));
  const say = (message: string): void => {
    cell.log(spec.appGuid, { instanceIndex: '0', source: `APP/TASK/${spec.task}`, stream: 'OUT', message });
  };
  say('egress-probe begin');
  for (const [, index, way = '', host = '', port] of spec.command?.matchAll(/^(\d+) (\w+) (\S+) (\d+)$/gm) ?? []) {
    say(`egress-probe ${index} ${answer(way, host, Number(port))}`);
  }
  say('egress-probe end');
  await eventually(() => foundation.service.cloud.state.tasks.get(spec.instanceGuid)?.state === 'RUNNING' || undefined);
  cell.exit(spec.instanceGuid, 0);
  return spec;
}

const addressOf = (host: string): string => ADDRESSES[host] ?? (/^[\d.]+$/.test(host) ? host : '10.255.0.9');

const verifyWeb = (answer: Answer) =>
  Promise.all([
    verifyApp(cloud, { org: 'egress-demo', app: 'web', more: [{ host: 'listed.example.gov', port: 22 }] }),
    play(answer),
  ]);

const LISTED = ['proxy listed.example.gov:443', 'direct proxy.apps.internal:3128'];

test('what the model considers open is expected to be allowed, and everything else to be refused', async () => {
  const [rows, spec] = await verifyWeb((way, host, port) => {
    const open = LISTED.includes(`${way} ${host}:${port}`);
    if (way === 'direct') return `${open ? 0 : 1} ${addressOf(host)} ${open ? '' : 'Connection refused'}`;
    return `0 ${addressOf(host)} HTTP/1.1 ${open ? 200 : 403} said`;
  });
  expect(rows.map(({ way, what, expected, seen, ok }) => [way, what, expected, seen, ok])).toEqual([
    ['proxy', 'web → listed.example.gov:443', 'reached', 'reached', true],
    ['proxy', 'web → listed.example.gov:22', 'refused by the proxy', '403 from the proxy', true],
    ['proxy', 'web → www.example.net:443', 'refused by the proxy', '403 from the proxy', true],
    ['proxy', 'web → listed.example.gov:8443', 'refused by the proxy', '403 from the proxy', true],
    ['proxy', 'web → 169.254.169.254:80', 'refused by the proxy', '403 from the proxy', true],
    ['direct', 'web → proxy.apps.internal:3128', 'allowed', 'connected (10.255.0.9)', true],
    ['direct', 'web → proxy.apps.internal:8080', 'refused', 'refused (10.255.0.9)', true],
    ['direct', 'web → proxy.apps.internal:61443', 'refused', 'refused (10.255.0.9)', true],
    ['direct', 'web → other.apps.internal:8080', 'refused', 'refused (10.255.0.9)', true],
    ['direct', 'web → www.example.com:443', 'refused', 'refused (203.0.113.10)', true],
    ['direct', 'web → www.example.com:80', 'refused', 'refused (203.0.113.10)', true],
    ['direct', 'web → 169.254.169.254:80', 'refused', 'refused (169.254.169.254)', true],
    ['direct', 'web → 10.0.0.1:443', 'refused', 'refused (10.0.0.1)', true],
    ['direct', 'web → listed.example.gov:22', 'refused', 'refused (203.0.113.11)', true],
  ]);
  expect(spec).toMatchObject({ appGuid: web, memory: 128 });
});

test('an unexpected success or failure of a connection is not ok', async () => {
  const [rows] = await verifyWeb((way, host) =>
    way === 'direct' ? `0 ${addressOf(host)}` : `0 ${addressOf(host)} HTTP/1.1 502 Bad Gateway`,
  );
  expect(rows.filter(({ ok }) => ok).map(({ what }) => what)).toEqual(['web → proxy.apps.internal:3128']);
});

test('an audit that has ended allows nothing unlisted', async () => {
  const list = (text: string) =>
    foundation.deployer.patch(`/v3/apps/${proxy}/environment_variables`, { var: { EGRESS_ALLOW: text } });
  const expected = async (text: string): Promise<string | undefined> => {
    await list(text);
    const [rows] = await verifyWeb(() => '1 203.0.113.12 refused');
    return rows.find(({ what, way }) => way === 'proxy' && what.includes('www.example.net'))?.expected;
  };
  try {
    expect(await expected('audit until 2020-01-01\nlisted.example.gov:443')).toBe('refused by the proxy');
    expect(await expected('audit\nlisted.example.gov:443')).toBe('reached');
  } finally {
    await list('listed.example.gov:443');
  }
});

test('in a space with a group, the same is allowed, and an unanswered request counts as allowed', async () => {
  const [rows] = await Promise.all([
    verifyApp(cloud, { org: 'egress-demo', app: 'other', more: [] }),
    play((_way, host) => (host.includes('internal') ? `1 ${addressOf(host)} refused` : `124 ${addressOf(host)} `)),
  ]);
  expect(rows.map(({ what, expected, seen, ok }) => [what, expected, seen, ok])).toEqual([
    ['other → proxy.apps.internal:3128', 'refused', 'refused (10.255.0.9)', true],
    ['other → proxy.apps.internal:8080', 'refused', 'refused (10.255.0.9)', true],
    ['other → proxy.apps.internal:61443', 'refused', 'refused (10.255.0.9)', true],
    ['other → www.example.com:443', 'allowed', 'timed out (203.0.113.10)', true],
    ['other → www.example.com:80', 'allowed', 'timed out (203.0.113.10)', true],
    ['other → 169.254.169.254:80', 'refused', 'timed out (169.254.169.254)', false],
    ['other → 10.0.0.1:443', 'refused', 'timed out (10.0.0.1)', false],
  ]);
});

test('a task that ends without output is reported with the reason', async () => {
  const failed = verifyApp(cloud, { org: 'egress-demo', app: 'other', more: [] });
  const spec = eventually(() => [...foundation.cell.running.values()].find(({ task }) => task !== undefined));
  const guid = (await spec).instanceGuid;
  await eventually(() => foundation.service.cloud.state.tasks.get(guid)?.state === 'RUNNING' || undefined);
  foundation.cell.exit(guid, 127);
  await expect(failed).rejects.toMatchObject({
    reason: 'task cannot start',
    message: expect.stringMatching(
      /did not report what it saw \(APP\/TASK\/egress-verify-\w+: Exited with status 127\)/,
    ) as string,
  });
});

test.each([
  [{ app: 'nothing' }, "egress-demo has no application named 'nothing'"],
  [{ app: 'web', space: 'open' }, "space open of egress-demo has no application named 'web'"],
  [{ app: 'twice' }, "'twice' is in the spaces open, closed: choose one with --space NAME"],
])('%j is refused with what to do', async (options, message) => {
  await expect(verifyApp(cloud, { org: 'egress-demo', more: [], ...options })).rejects.toThrow(message);
});

describe('whatever prevents the check says nothing about the system', () => {
  const other = { org: 'egress-demo', app: 'other', more: [] };
  const outcome = (account: CloudFoundry) => verifyApp(account, other).then(() => undefined, inconclusiveOf);

  test('a quota that is too small', async () => {
    const { admin } = foundation;
    const organization = await admin.find('/v3/organizations?names=egress-demo');
    const quota = await admin.create('/v3/space_quotas', {
      name: 'tiny',
      apps: { total_memory_in_mb: 1 },
      relationships: { organization: toOne(organization), spaces: { data: [{ guid: await spaceOf('open') }] } },
    });
    const end = await outcome(cloud);
    const lifted = await admin.patch(`/v3/space_quotas/${quota}`, { apps: { total_memory_in_mb: null } });
    expect(lifted.status).toBe(200);
    expect([end?.reason, end?.message]).toEqual(['quota exceeded', expect.stringContaining('raise the quota')]);
  });

  test('an account that is only auditor', async () => {
    const { admin, service } = foundation;
    const account = { userName: 'only-auditor', password: 'secret', emails: [{ value: 'a@example.gov' }] };
    const guid = String((await admin.post('/uaa/Users', account)).body['id']);
    await admin.create('/v3/users', { guid });
    const user = toOne(guid);
    const organization = toOne(await admin.find('/v3/organizations?names=egress-demo'));
    await admin.create('/v3/roles', { type: 'organization_user', relationships: { user, organization } });
    const space = toOne(await spaceOf('open'));
    await admin.create('/v3/roles', { type: 'space_auditor', relationships: { user, space } });
    const end = await outcome(
      await CloudFoundry.login({ apiUrl: service.url, user: 'only-auditor', password: 'secret' }),
    );
    expect([end?.reason, end?.message]).toEqual([
      'no permission',
      expect.stringContaining('make this account a developer'),
    ]);
  });

  test('a task that is killed', async () => {
    const end = outcome(cloud);
    const task = await eventually(() => [...foundation.cell.running.values()].find((spec) => spec.task !== undefined));
    await eventually(
      () => foundation.service.cloud.state.tasks.get(task.instanceGuid)?.state === 'RUNNING' || undefined,
    );
    await foundation.deployer.post(`/v3/tasks/${task.instanceGuid}/actions/cancel`);
    expect((await end)?.reason).toBe('task ended early');
  });

  test('a resolver that is silent', async () => {
    const [rows] = await verifyWeb((way, host) =>
      way === 'direct' && /[a-z]/.test(host) ? '1 - could not resolve host' : '1 - Connection refused',
    );
    const named = rows.filter(({ what, way }) => way === 'direct' && /[a-z]\.[a-z]+:/.test(what));
    expect(named.length).toBeGreaterThan(3);
    expect(new Set(named.map(({ inconclusive }) => inconclusive))).toEqual(new Set(['resolver does not answer']));
    expect(rows.filter(({ ok, inconclusive }) => ok && inconclusive !== undefined)).toEqual([]);
  });

  const spaceOf = (name: string): Promise<string> => cloud.spaceGuid('egress-demo', name);
});
