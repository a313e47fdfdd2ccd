/** As on the platform, changes record events with their actors. */
import {
  foundationForAll,
  makeRoute,
  makeService,
  pushImage,
  toOne,
  type Client,
  type Json,
  eventually,
  foundationForEach,
} from '../../testing/harness';

const foundation = foundationForAll({ space: 'space' });

const eventsOf = async (client: Client, target: string): Promise<Json[]> =>
  await client.list(`/v3/audit_events?target_guids=${target}&per_page=5000`);

const typesOf = async (client: Client, target: string): Promise<unknown[]> =>
  (await eventsOf(client, target)).map(({ type }) => type);

test('a push and later changes are events of the application, with the user as actor', async () => {
  const { deployer, space } = foundation;
  const app = await pushImage(deployer, space, 'web', '  env: {TOKEN: geheim}\n  memory: 64M\n  default-route: true\n');
  await deployer.patch(`/v3/apps/${app}/environment_variables`, { var: { TOKEN: 'secret' } });
  await deployer.post(`/v3/apps/${app}/processes/web/actions/scale`, { instances: 2 });
  await deployer.patch(`/v3/apps/${app}/processes/web`, { command: 'serve --password secret' });
  await deployer.post(`/v3/apps/${app}/tasks`, { name: 'migrate', command: 'true' });
  await deployer.post(`/v3/apps/${app}/actions/restart`);
  await deployer.create('/v3/deployments', { relationships: { app: toOne(app) } });
  await deployer.post(`/v3/apps/${app}/actions/stop`);
  await deployer.job(await deployer.delete(`/v3/apps/${app}`));
  const events = await eventsOf(deployer, app);
  expect(events.map(({ type }) => String(type).replace('audit.app.', ''))).toEqual([
    'create',
    'process.create',
    'apply_manifest',
    'process.scale',
    'process.update',
    'map-route',
    'update',
    'package.create',
    'build.create',
    'droplet.create',
    'build.staged',
    'droplet.mapped',
    'revision.create',
    'start',
    'update',
    'process.scale',
    'process.update',
    'task.create',
    'revision.create',
    'restart',
    'droplet.mapped',
    'deployment.create',
    'stop',
    'delete-request',
    'unmap-route',
  ]);
  const deployerGuid = await deployer.find('/v3/users?usernames=deployer');
  expect(events.map(({ actor }) => actor)).toEqual(
    events.map(() => ({ guid: deployerGuid, type: 'user', name: 'deployer' })),
  );
  expect(JSON.stringify(events)).not.toMatch(/secret|geheim/);
});

test('services, bindings, routes, and roles record events in their space', async () => {
  const { deployer, admin, space } = foundation;
  const app = await pushImage(deployer, space, 'bound');
  const service = await makeService(deployer, space, 'store', { credentials: { password: 'secret' } });
  const binding = await deployer.create('/v3/service_credential_bindings', {
    type: 'app',
    relationships: { app: toOne(app), service_instance: toOne(service) },
  });
  await deployer.delete(`/v3/service_credential_bindings/${binding}`);
  await deployer.delete(`/v3/service_instances/${service}`);
  expect(await typesOf(deployer, service)).toEqual([
    'audit.user_provided_service_instance.create',
    'audit.user_provided_service_instance.delete',
  ]);
  expect(await typesOf(deployer, binding)).toEqual(['audit.service_binding.create', 'audit.service_binding.delete']);
  const route = await makeRoute(deployer, space, 'gone');
  await deployer.job(await deployer.delete(`/v3/routes/${route}`));
  expect(await typesOf(deployer, route)).toEqual(['audit.route.create', 'audit.route.delete-request']);
  const user = await deployer.find('/v3/users?usernames=deployer');
  expect(await typesOf(deployer, user)).toEqual(['audit.user.space_manager_add', 'audit.user.space_developer_add']);
  expect(await typesOf(admin, space)).toEqual(['audit.space.create']);
});

test('a managed instance records an event when it is requested, and when it is created', async () => {
  const { deployer, space } = foundation;
  const service_plan = toOne(await deployer.find('/v3/service_plans?names=basic-sandbox'));
  const order = { type: 'managed', name: 'bucket', relationships: { space: toOne(space), service_plan } };
  await deployer.job(await deployer.post('/v3/service_instances', order));
  const bucket = await deployer.find('/v3/service_instances?names=bucket');
  await deployer.job(await deployer.delete(`/v3/service_instances/${bucket}`));
  expect(await typesOf(deployer, bucket)).toEqual(
    ['start_create', 'create', 'start_delete', 'delete'].map((what) => `audit.service_instance.${what}`),
  );
});

test('events of an organization are shown to its auditors, not to its members', async () => {
  const { admin, deployer } = foundation;
  const organization = await admin.create('/v3/organizations', { name: 'audited' });
  const user = toOne(await admin.find('/v3/users?usernames=deployer'));
  const place = toOne(organization);
  const grant = (type: string) => admin.create('/v3/roles', { type, relationships: { user, organization: place } });
  await grant('organization_user');
  expect(await typesOf(admin, organization)).toEqual(['audit.organization.create']);
  expect(await typesOf(deployer, organization)).toEqual([]);
  await grant('organization_auditor');
  expect(await eventsOf(deployer, organization)).toMatchObject([
    { space: null, organization: { guid: organization }, actor: { name: 'admin' } },
  ]);
});

test('a refused request records no event', async () => {
  const { deployer, service, space } = foundation;
  const before = service.cloud.state.events.size;
  const app = await deployer.post('/v3/apps', { name: '', relationships: { space: toOne(space) } });
  const route = await deployer.post('/v3/routes', {
    host: 'no host',
    relationships: { space: toOne(space), domain: toOne(await deployer.find('/v3/domains?names=apps.localhost')) },
  });
  expect([app.status, route.status, service.cloud.state.events.size]).toEqual([422, 422, before]);
});

describe('the log of an application', () => {
  const foundation = foundationForEach({ space: 'space' });

  const read = async (app: string): Promise<readonly { readonly tags: Json; readonly text: string }[]> => {
    const { body } = await foundation.deployer.get(`/api/v1/read/${app}`);
    const { batch } = body['envelopes'] as { batch: { tags: Json; log: { payload: string } }[] };
    return batch.map(({ tags, log }) => ({ tags, text: Buffer.from(log.payload, 'base64').toString() }));
  };
  const told = async (app: string): Promise<readonly string[]> =>
    (await read(app)).filter(({ tags }) => tags['source_type'] === 'API').map(({ text }) => text);

  test('shows changes to the application as [API/0]', async () => {
    const { deployer, space } = foundation;
    const app = await deployer.create('/v3/apps', { name: 'web', relationships: { space: toOne(space) } });
    await deployer.patch(`/v3/apps/${app}/environment_variables`, { var: { PASSWORD: 'secret' } });
    await deployer.post(`/v3/apps/${app}/processes/web/actions/scale`, { instances: 2 });
    expect(await told(app)).toEqual([
      `Created app with guid ${app}`,
      'Added process: "web"',
      `Updated app with guid ${app} ({"environment_variables"=>"[PRIVATE DATA HIDDEN]"})`,
      'Scaling process: "web"',
    ]);
  });

  test("shows a crash in the platform's words, with the reason", async () => {
    const { deployer, cell, space } = foundation;
    const app = await pushImage(deployer, space, 'web');
    const instance = await eventually(() => [...cell.running.keys()][0]);
    cell.crash(instance, 'Exited with status 7');
    const lines = await told(app);
    expect(lines).toContain('Process has crashed with type: "web"');
    expect(lines.join('\n')).toMatch(
      `App instance exited with guid ${app} payload: {"instance"=>"${instance}", "index"=>0, "reason"=>"CRASHED", ` +
        '"exit_description"=>"Exited with status 7", "crash_count"=>1',
    );
  });

  test('has the tags of application, space, organization, and process', async () => {
    const { deployer, cell, space } = foundation;
    const app = await pushImage(deployer, space, 'web');
    const instance = await eventually(() => [...cell.running.keys()][0]);
    const line = (await read(app)).find(({ tags }) => tags['source_type'] === 'CELL');
    expect(line?.tags).toEqual({
      app_id: app,
      app_name: 'web',
      space_id: space,
      space_name: 'space',
      organization_id: await deployer.find('/v3/organizations'),
      organization_name: 'egress-demo',
      source_id: app,
      source_type: 'CELL',
      instance_id: '0',
      process_id: await deployer.find(`/v3/apps/${app}/processes`),
      process_type: 'web',
      process_instance_id: instance,
    });
  });
});
