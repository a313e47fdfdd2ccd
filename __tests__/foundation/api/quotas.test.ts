/** Limits of organizations and spaces: readable for whoever is under them, and kept. */
import { makeSpace, pushImage, startFoundation, toOne, type Foundation, type Json } from './harness';

let foundation: Foundation;
let organization: string;

beforeAll(async () => {
  foundation = await startFoundation();
  organization = await foundation.deployer.find('/v3/organizations');
});

afterAll(() => foundation.close());

const scale = async (app: string, body: Json): Promise<[number, unknown]> => {
  const reply = await foundation.deployer.post(`/v3/apps/${app}/processes/web/actions/scale`, body);
  const errors = (reply.body['errors'] ?? []) as Json[];
  return [reply.status, errors[0]?.['detail']];
};

const spaceUnder = async (name: string, apps: Json): Promise<{ space: string; quota: string }> => {
  const space = await makeSpace(foundation.deployer, name);
  const quota = await foundation.deployer.create('/v3/space_quotas', {
    name,
    apps,
    relationships: { organization: toOne(organization), spaces: { data: [{ guid: space }] } },
  });
  return { space, quota };
};

test('an organization is under the default quota, which limits nothing', async () => {
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
])('of a space under %j, %j is refused and nothing is changed', async (apps, more, detail) => {
  const { space, quota } = await spaceUnder(`space ${detail}`, apps);
  const app = await pushImage(foundation.deployer, space, 'web');
  expect(await scale(app, more)).toEqual([422, detail]);
  const { body } = await foundation.deployer.get(`/v3/apps/${app}/processes/web`);
  expect(body).toMatchObject({ instances: 1, memory_in_mb: 1024 });
  const [name] = Object.keys(apps);
  await foundation.deployer.patch(`/v3/space_quotas/${quota}`, { apps: { [name ?? '']: null } });
  expect((await scale(app, more))[0]).toBe(202);
});

test('what is stopped counts for nothing, and is not started above the limit', async () => {
  const { space } = await spaceUnder('stopped', { total_memory_in_mb: 1024 });
  const first = await pushImage(foundation.deployer, space, 'first');
  const second = await pushImage(foundation.deployer, space, 'second');
  const state = async (): Promise<unknown> => (await foundation.deployer.get(`/v3/apps/${second}`)).body['state'];
  expect(await state()).toBe('STOPPED');
  await foundation.deployer.post(`/v3/apps/${first}/actions/stop`);
  await foundation.deployer.post(`/v3/apps/${second}/actions/start`);
  expect(await state()).toBe('STARTED');
});

test("an organization's quota reaches over its spaces, and a deleted space quota leaves its spaces free", async () => {
  const { admin } = foundation;
  const { space, quota } = await spaceUnder('free', { total_instances: 1 });
  const app = await pushImage(foundation.deployer, space, 'free');
  expect((await scale(app, { instances: 2 }))[0]).toBe(422);
  await foundation.deployer.job(await foundation.deployer.delete(`/v3/space_quotas/${quota}`));
  expect((await scale(app, { instances: 2 }))[0]).toBe(202);
  const tight = await admin.create('/v3/organization_quotas', {
    name: 'tight',
    apps: { total_instances: 1 },
    relationships: { organizations: { data: [{ guid: organization }] } },
  });
  expect(await scale(app, { instances: 3 })).toEqual([422, 'app_instance_limit app_instance_limit_exceeded']);
  await admin.patch(`/v3/organization_quotas/${tight}`, { apps: { total_instances: null } });
  expect((await scale(app, { instances: 3 }))[0]).toBe(202);
});
