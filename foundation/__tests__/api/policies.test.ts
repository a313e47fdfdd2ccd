import { foundationForEach, makeSpace, pushImage, type Json } from '../../testing/harness';

const POLICIES = '/networking/v1/external/policies';

const foundation = foundationForEach();
let web: string;
let proxy: string;

const policy = (source: string, destination: string, start: number, end = start) => ({
  source: { id: source },
  destination: { id: destination, protocol: 'tcp', ports: { start, end } },
});

beforeEach(async () => {
  const { deployer } = foundation;
  web = await pushImage(deployer, await makeSpace(deployer, 'restricted'), 'web');
  proxy = await pushImage(deployer, await makeSpace(deployer, 'public'), 'proxy');
});

const stored = async (): Promise<Json> => (await foundation.deployer.get(`${POLICIES}?id=${web}`)).body;

test('policies are idempotent, keep their order, and reach the cell', async () => {
  const { deployer } = foundation;
  const both = [policy(web, proxy, 8080), policy(web, proxy, 3128)];
  for (let twice = 0; twice < 2; twice++) {
    const { status, text, headers } = await deployer.post(POLICIES, { policies: both });
    expect([status, text, headers.get('content-type')]).toEqual([200, '{}', 'text/plain; charset=utf-8']);
  }
  expect(await stored()).toEqual({ total_policies: 2, policies: both });
  expect(foundation.cell.network?.policies.map(({ startPort }) => startPort)).toEqual([8080, 3128]);
  for (let twice = 0; twice < 2; twice++) {
    expect((await deployer.post(`${POLICIES}/delete`, { policies: both })).status).toBe(200);
  }
  expect(await stored()).toEqual({ total_policies: 0, policies: [] });
});

test.each([
  [{}, 'mapper: validate policies: missing policies'],
  [{ policies: [{ destination: {} }] }, 'mapper: validate policies: missing source id'],
  [{ policies: [{ source: { id: 'a' }, destination: {} }] }, 'mapper: validate policies: missing destination id'],
  [
    { policies: [{ source: { id: 'a' }, destination: { id: 'b', protocol: 'icmp' } }] },
    'mapper: validate policies: invalid destination protocol, specify either udp or tcp',
  ],
  [{ policies: [policy('a', 'b', 0)] }, 'mapper: validate policies: missing start port'],
  [
    { policies: [policy('a', 'b', 1, 70000)] },
    'mapper: validate policies: invalid end port 70000, must be in range 1-65535',
  ],
  [
    { policies: [policy('a', 'b', 20, 10)] },
    'mapper: validate policies: invalid port range 20-10, start must be less than or equal to end',
  ],
])("%j is refused in the policy server's words", async (body, error) => {
  const reply = await foundation.deployer.post(POLICIES, body);
  expect([reply.status, reply.body]).toEqual([400, { error }]);
});

test("a developer in only one of the two spaces can't create a policy", async () => {
  const { admin, deployer } = foundation;
  const user = await admin.find('/v3/users?usernames=deployer');
  const { spaceGuid } = foundation.service.cloud.state.apps.expect(proxy);
  const role = await admin.find(`/v3/roles?types=space_developer&user_guids=${user}&space_guids=${spaceGuid}`);
  await admin.job(await admin.delete(`/v3/roles/${role}`));
  const reply = await deployer.post(POLICIES, { policies: [policy(web, proxy, 3128)] });
  expect([reply.status, reply.body]).toEqual([403, { error: 'one or more applications cannot be found or accessed' }]);
});

test('the 151st policy of a source is refused, and with it the whole request', async () => {
  const { deployer } = foundation;
  const many = Array.from({ length: 151 }, (_, index) => policy(web, proxy, 10_000 + index));
  const reply = await deployer.post(POLICIES, { policies: many });
  expect([reply.status, reply.body]).toEqual([403, { error: 'policy quota exceeded' }]);
  expect(await stored()).toEqual({ total_policies: 0, policies: [] });
  expect((await deployer.post(POLICIES, { policies: many.slice(0, 150) })).status).toBe(200);
});

test('deleting an application deletes its policies', async () => {
  const { deployer } = foundation;
  await deployer.post(POLICIES, { policies: [policy(web, proxy, 3128)] });
  expect(foundation.cell.network?.policies).toHaveLength(1);
  await deployer.job(await deployer.delete(`/v3/apps/${proxy}`));
  expect(await stored()).toEqual({ total_policies: 0, policies: [] });
  expect(foundation.cell.network?.policies).toEqual([]);
});
