/** Quotas of organizations and spaces: who can read them, and how they are enforced. */
import { foundationForEach, makeSpace, pushImage, refusal, stageImage, toOne, type Json } from '../../testing/harness';

const foundation = foundationForEach();
let organization: string;

beforeEach(async () => {
  organization = await foundation.deployer.find('/v3/organizations');
});

const scale = async (app: string, body: Json): Promise<[number, unknown]> =>
  refusal(await foundation.deployer.post(`/v3/apps/${app}/processes/web/actions/scale`, body));

const spaceUnder = async (name: string, apps: Json): Promise<{ space: string; quota: string }> => {
  const space = await makeSpace(foundation.deployer, name);
  const quota = await foundation.deployer.create('/v3/space_quotas', {
    name,
    apps,
    relationships: { organization: toOne(organization), spaces: { data: [{ guid: space }] } },
  });
  return { space, quota };
};

test('an organization has the default quota, which has no limits', async () => {
  const { body } = await foundation.deployer.get(`/v3/organizations/${organization}`);
  const { quota } = body['relationships'] as { quota: { data: { guid: string } } };
  expect((await foundation.deployer.get(`/v3/organization_quotas/${quota.data.guid}`)).body).toMatchObject({
    name: 'default',
    apps: { total_memory_in_mb: null, total_instances: null },
    relationships: { organizations: { data: [{ guid: organization }] } },
  });
});

test.each([
  [{ total_memory_in_mb: 2048 }, { instances: 3 }, 'memory space_quota_exceeded'],
  [{ total_instances: 2 }, { instances: 3 }, 'app_instance_limit space_app_instance_limit_exceeded'],
  [{ per_process_memory_in_mb: 1024 }, { memory_in_mb: 1025 }, 'memory space_instance_memory_limit_exceeded'],
])('in a space with the quota %j, %j is refused and nothing changes', async (apps, more, detail) => {
  const { space, quota } = await spaceUnder(`space ${detail}`, apps);
  const app = await pushImage(foundation.deployer, space, 'web');
  expect(await scale(app, more)).toEqual([422, detail]);
  const { body } = await foundation.deployer.get(`/v3/apps/${app}/processes/web`);
  expect(body).toMatchObject({ instances: 1, memory_in_mb: 1024 });
  const [name] = Object.keys(apps);
  await foundation.deployer.patch(`/v3/space_quotas/${quota}`, { apps: { [name ?? '']: null } });
  expect((await scale(app, more))[0]).toBe(202);
});

/** Everything that a deployment could change. */
const traces = async (app: string): Promise<unknown> => {
  const paths = [`apps/${app}`, `deployments?app_guids=${app}`, `apps/${app}/processes`, `apps/${app}/revisions`];
  const more = ['relationships/current_droplet', 'environment_variables'].map((path) => `apps/${app}/${path}`);
  const all = [...paths, ...more, `audit_events?target_guids=${app}`].map((path) =>
    foundation.deployer.get(`/v3/${path}`),
  );
  return (await Promise.all(all)).map(({ status, body }) => [status, body]);
};

const remedy = (kind: string, name: string): string =>
  ` for ${kind} ${name}. This ${kind}'s quota may not be large enough to support rolling deployments ` +
  'or your configured max-in-flight.';

test.each([
  [{ total_memory_in_mb: 2048 }, 'memory space_quota_exceeded'],
  [{ total_instances: 2 }, 'app_instance_limit space_app_instance_limit_exceeded'],
])(
  'in a space with the quota %j, a rolling deployment of two instances is refused and nothing changes',
  async (apps, detail) => {
    const { deployer } = foundation;
    const { space, quota } = await spaceUnder(`rolling ${detail}`, apps);
    const app = await pushImage(deployer, space, 'web', '  instances: 2\n');
    const droplet = await stageImage(deployer, app, 'next');
    const before = await traces(app);
    const roll = (maxInFlight: number) =>
      deployer.post('/v3/deployments', {
        relationships: { app: toOne(app) },
        droplet: { guid: droplet },
        options: { max_in_flight: maxInFlight },
      });
    const refused = {
      status: 422,
      body: {
        errors: [
          { code: 10008, title: 'CF-UnprocessableEntity', detail: `${detail}${remedy('space', `rolling ${detail}`)}` },
        ],
      },
    };
    expect(await roll(1)).toMatchObject(refused);
    expect(await traces(app)).toEqual(before);
    const [[name, limit]] = Object.entries(apps) as [[string, number]];
    await deployer.patch(`/v3/space_quotas/${quota}`, { apps: { [name]: limit * 1.5 } });
    expect(await roll(2)).toMatchObject(refused);
    expect(await traces(app)).toEqual(before);
    expect((await roll(1)).status).toBe(201);
  },
);

test('a deployment does not start a stopped application beyond the limit', async () => {
  const { deployer } = foundation;
  const { space } = await spaceUnder('halted', { total_memory_in_mb: 1024 });
  const app = await pushImage(deployer, space, 'web');
  await deployer.post(`/v3/apps/${app}/actions/stop`);
  await pushImage(deployer, space, 'other');
  const before = await traces(app);
  const { status, text } = await deployer.post('/v3/deployments', { relationships: { app: toOne(app) } });
  expect([status, text]).toEqual([422, expect.stringContaining(remedy('space', 'halted'))]);
  expect(await traces(app)).toEqual(before);
});

test("stopped applications don't count, and can't be started beyond the limit", async () => {
  const { space } = await spaceUnder('stopped', { total_memory_in_mb: 1024 });
  const first = await pushImage(foundation.deployer, space, 'first');
  const second = await pushImage(foundation.deployer, space, 'second');
  const state = async (): Promise<unknown> => (await foundation.deployer.get(`/v3/apps/${second}`)).body['state'];
  expect(await state()).toBe('STOPPED');
  await foundation.deployer.post(`/v3/apps/${first}/actions/stop`);
  await foundation.deployer.post(`/v3/apps/${second}/actions/start`);
  expect(await state()).toBe('STARTED');
});

test('under a log rate quota, no process has an unlimited rate, and their sum stays within it', async () => {
  const { space, quota } = await spaceUnder('printing', { log_rate_limit_in_bytes_per_second: 2048 });
  const { deployer } = foundation;
  const loud = await pushImage(deployer, space, 'loud');
  const start = async () => refusal(await deployer.post(`/v3/apps/${loud}/actions/start`));
  expect(await start()).toEqual([422, "log_rate_limit cannot be unlimited in space 'printing'."]);
  await scale(loud, { log_rate_limit_in_bytes_per_second: 1024 });
  expect(await start()).toEqual([200, undefined]);
  expect(await scale(loud, { instances: 3 })).toEqual([422, 'log_rate_limit exceeds space log rate quota']);
  const task = (more: Json) => deployer.post(`/v3/apps/${loud}/tasks`, { command: 'true', ...more });
  expect((await task({})).text).toContain("log_rate_limit cannot be unlimited in space 'printing'.");
  expect((await task({ log_rate_limit_in_bytes_per_second: 1025 })).text).toContain('exceeds space log rate quota');
  expect((await task({ log_rate_limit_in_bytes_per_second: 1024 })).status).toBe(202);
  expect((await deployer.get(`/v3/space_quotas/${quota}`)).body).toMatchObject({
    apps: { log_rate_limit_in_bytes_per_second: 2048 },
  });
});

test('running tasks count, for all applications together', async () => {
  const { space } = await spaceUnder('tasks', { per_app_tasks: 1 });
  const { deployer } = foundation;
  const first = await pushImage(deployer, space, 'first');
  const second = await pushImage(deployer, space, 'second');
  const run = (app: string) => deployer.post(`/v3/apps/${app}/tasks`, { command: 'true', memory_in_mb: 1 });
  const { body } = await run(first);
  const refused = await run(second);
  expect([refused.status, refused.text]).toEqual([422, expect.stringContaining('app_task_limit quota exceeded')]);
  await deployer.post(`/v3/tasks/${String(body['guid'])}/actions/cancel`);
  expect((await run(second)).status).toBe(202);
});

test('routes, services, keys, and domains count, and paid plans can be refused', async () => {
  const { admin, deployer } = foundation;
  const space = await makeSpace(deployer, 'counted');
  const limits = {
    routes: { total_routes: 0 },
    services: { total_service_instances: 1, total_service_keys: 0, paid_services_allowed: false },
  };
  const relationships = { organization: toOne(organization), spaces: { data: [{ guid: space }] } };
  await deployer.create('/v3/space_quotas', { name: 'counted', ...limits, relationships });
  const domain = toOne(await deployer.find('/v3/domains?names=apps.localhost'));
  const route = { host: 'counted', relationships: { space: toOne(space), domain } };
  expect((await deployer.post('/v3/routes', route)).text).toContain("Routes quota exceeded for space 'counted'.");
  const order = async (name: string, plan: string) => {
    const service_plan = toOne(await deployer.find(`/v3/service_plans?names=${plan}`));
    return deployer.post('/v3/service_instances', {
      type: 'managed',
      name,
      relationships: { space: toOne(space), service_plan },
    });
  };
  expect((await order('paid', 'basic')).text).toContain('paid service plans are not allowed for your space.');
  await deployer.job(await order('free', 'basic-sandbox'));
  expect((await order('more', 'basic-sandbox')).text).toContain("You have exceeded your space's services limit.");
  const service_instance = toOne(await deployer.find('/v3/service_instances?names=free'));
  const key = await deployer.post('/v3/service_credential_bindings', {
    type: 'key',
    name: 'key',
    relationships: { service_instance },
  });
  expect(key.text).toContain("You have exceeded your space's limit for service binding of type key.");
  const agency = await admin.create('/v3/organizations', { name: 'agency' });
  await admin.create('/v3/organization_quotas', {
    name: 'no domains',
    domains: { total_domains: 0 },
    relationships: { organizations: { data: [{ guid: agency }] } },
  });
  const own = { name: 'agency.example.gov', relationships: { organization: toOne(agency) } };
  expect((await admin.post('/v3/domains', own)).text).toContain('exceeds the quota for organization');
});

test("an organization's quota applies to its spaces, and an unused quota can be deleted", async () => {
  const { admin } = foundation;
  const { space, quota } = await spaceUnder('free', { total_instances: 1 });
  const app = await pushImage(foundation.deployer, space, 'free');
  expect((await scale(app, { instances: 2 }))[0]).toBe(422);
  const remove = () => foundation.deployer.delete(`/v3/space_quotas/${quota}`);
  expect((await remove()).text).toContain('This quota is applied to one or more spaces.');
  await foundation.deployer.delete(`/v3/space_quotas/${quota}/relationships/spaces/${space}`);
  await foundation.deployer.job(await remove());
  expect((await scale(app, { instances: 2 }))[0]).toBe(202);
  const tight = await admin.create('/v3/organization_quotas', {
    name: 'tight',
    apps: { total_instances: 1 },
    relationships: { organizations: { data: [{ guid: organization }] } },
  });
  expect(await scale(app, { instances: 3 })).toEqual([422, 'app_instance_limit app_instance_limit_exceeded']);
  const { text } = await foundation.deployer.post('/v3/deployments', { relationships: { app: toOne(app) } });
  expect(text).toContain(`app_instance_limit app_instance_limit_exceeded${remedy('organization', 'egress-demo')}`);
  await admin.patch(`/v3/organization_quotas/${tight}`, { apps: { total_instances: null } });
  expect((await scale(app, { instances: 3 }))[0]).toBe(202);
});
