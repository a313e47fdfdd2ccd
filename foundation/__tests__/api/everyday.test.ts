/** Requests of users and libraries besides pushing: copies, downloads, includes, and cleanup. */
import {
  bitsOf,
  eventually,
  foundationForAll,
  makeRoute,
  pushImage,
  refusal,
  toOne,
  type Json,
} from '../../testing/harness';

const foundation = foundationForAll({ space: 'space' });

const rowsOf = async (path: string): Promise<Json[]> => await foundation.deployer.list(path);

const makeApp = (name: string): Promise<string> =>
  foundation.deployer.create('/v3/apps', { name, relationships: { space: toOne(foundation.space) } });

test('bits and droplets are downloaded unchanged, and copied to another application', async () => {
  const { deployer } = foundation;
  const [source, target] = [await makeApp('source'), await makeApp('target')];
  const pack = await deployer.create('/v3/packages', { type: 'bits', relationships: { app: toOne(source) } });
  expect((await deployer.get(`/v3/packages/${pack}/download`)).status).toBe(422);
  await deployer.send('POST', `/v3/packages/${pack}/upload`, bitsOf('the bits'));
  expect((await deployer.get(`/v3/packages/${pack}/download`)).text).toBe('the bits');
  const copy = await deployer.create(`/v3/packages?source_guid=${pack}`, { relationships: { app: toOne(target) } });
  expect((await deployer.get(`/v3/packages/${copy}`)).body).toMatchObject({ state: 'READY', type: 'bits' });
  expect((await deployer.get(`/v3/packages/${copy}/download`)).text).toBe('the bits');
  const again = await deployer.post(`/v3/packages?source_guid=${pack}`, { relationships: { app: toOne(source) } });
  expect(refusal(again)).toEqual([422, 'Source and destination app cannot be the same']);
  await deployer.create('/v3/builds', { package: { guid: copy } });
  const [droplet] = await eventually(async () => {
    const found = await rowsOf(`/v3/apps/${target}/droplets`);
    return found.length > 0 ? found : undefined;
  });
  const guid = String(droplet?.['guid']);
  expect(await rowsOf(`/v3/apps/${target}/droplets?current=true`)).toEqual([]);
  await deployer.patch(`/v3/apps/${target}/relationships/current_droplet`, toOne(guid));
  expect(await rowsOf(`/v3/apps/${target}/droplets?current=true`)).toMatchObject([{ guid }]);
  expect((await deployer.get(`/v3/droplets/${guid}/download`)).status).toBe(200);
  expect(await rowsOf(`/v3/apps/${target}/builds?states=STAGED`)).toHaveLength(1);
});

test("the droplet of an image can't be downloaded", async () => {
  const { deployer, space } = foundation;
  const app = await pushImage(deployer, space, 'image');
  const [pack] = await rowsOf(`/v3/apps/${app}/packages`);
  const [droplet] = await rowsOf(`/v3/apps/${app}/droplets`);
  expect((await deployer.get(`/v3/packages/${String(pack?.['guid'])}/download`)).status).toBe(422);
  expect((await deployer.get(`/v3/droplets/${String(droplet?.['guid'])}/download`)).status).toBe(422);
});

test('unmapped routes are deleted together, and the others stay', async () => {
  const { deployer, space } = foundation;
  const app = await pushImage(deployer, space, 'mapped');
  await makeRoute(foundation.deployer, foundation.space, 'orphan');
  const route = await makeRoute(foundation.deployer, foundation.space, 'mapped');
  await deployer.post(`/v3/routes/${route}/destinations`, { destinations: [{ app: { guid: app } }] });
  expect((await deployer.delete(`/v3/spaces/${space}/routes`)).status).toBe(422);
  await deployer.job(await deployer.delete(`/v3/spaces/${space}/routes?unmapped=true`));
  expect((await rowsOf('/v3/routes')).map(({ host }) => host)).toEqual(['mapped']);
  const [destination] = (await deployer.get(`/v3/routes/${route}/destinations`)).body['destinations'] as Json[];
  const path = `/v3/routes/${route}/destinations/${String(destination?.['guid'])}`;
  expect((await deployer.patch(path, { protocol: 'http1' })).status).toBe(200);
  expect(refusal(await deployer.patch(path, { protocol: 'http2' }))).toEqual([422, ONLY_HTTP1]);
});

const ONLY_HTTP1 = "This foundation does not support HTTP/2 to applications: a destination's protocol is http1";
const NO_OPTIONS =
  'This foundation does not support route options: its router sends requests to the instances of a route in turn';

test('route options and HTTP/2 are refused with a message, also in a manifest', async () => {
  const { deployer, space } = foundation;
  const route = await makeRoute(foundation.deployer, foundation.space, 'optional');
  const options = { loadbalancing: 'least-connection' };
  expect(refusal(await deployer.patch(`/v3/routes/${route}`, { options }))).toEqual([422, NO_OPTIONS]);
  expect((await deployer.patch(`/v3/routes/${route}`, { options: { loadbalancing: null } })).status).toBe(200);
  const manifest = (more: string): string =>
    `applications:\n- name: web\n  docker: {image: x}\n  routes: [{route: web.apps.localhost, ${more}}]\n`;
  expect(refusal(await deployer.applyManifest(space, manifest('protocol: http2')))).toEqual([
    422,
    `For application 'web': ${ONLY_HTTP1}`,
  ]);
  expect(refusal(await deployer.applyManifest(space, manifest('options: {loadbalancing: round-robin}')))).toEqual([
    422,
    `For application 'web': ${NO_OPTIONS}`,
  ]);
});

test('a process lists its instances, and there are no usage events', async () => {
  const { deployer, admin, space } = foundation;
  const app = await pushImage(deployer, space, 'listed');
  const instances = await eventually(async () => {
    const rows = await rowsOf(`/v3/apps/${app}/processes/web/process_instances`);
    return rows[0]?.['state'] === 'RUNNING' ? rows : undefined;
  });
  expect(instances).toEqual([{ index: 0, state: 'RUNNING', since: expect.any(Number) as number }]);
  expect((await admin.get('/v3/app_usage_events')).body['resources']).toEqual([]);
  expect((await admin.get('/routing/v1/router_groups?name=tcp')).text).toBe('[]');
});

test('a route comes with its domain, space and organization, and is not shared', async () => {
  const { deployer, space } = foundation;
  const route = await makeRoute(foundation.deployer, foundation.space, 'included');
  const wanted = {
    domains: [{ name: 'apps.localhost' }],
    spaces: [{ name: 'space' }],
    organizations: [{ name: 'egress-demo' }],
  };
  for (const path of [`/v3/routes/${route}?`, '/v3/routes?hosts=included&']) {
    expect((await deployer.get(`${path}include=domain,space.organization`)).body['included']).toMatchObject(wanted);
  }
  expect((await deployer.get(`/v3/routes/${route}/relationships/shared_spaces`)).body).toEqual({ data: [] });
  const moved = await deployer.patch(`/v3/routes/${route}/relationships/space`, toOne(space));
  expect([moved.status, moved.body]).toEqual([
    403,
    { errors: [{ code: 330002, title: 'CF-FeatureDisabled', detail: 'Feature Disabled: route_sharing' }] },
  ]);
});

test('an offering is purged with its plans and instances, without a call to its broker', async () => {
  const { admin, deployer, space } = foundation;
  const service_plan = toOne(await deployer.find('/v3/service_plans?names=small'));
  const relationships = { space: toOne(space), service_plan };
  await deployer.job(await deployer.post('/v3/service_instances', { type: 'managed', name: 'sample', relationships }));
  const offering = await admin.find('/v3/service_offerings?names=samples');
  expect((await deployer.delete(`/v3/service_offerings/${offering}?purge=true`)).status).toBe(403);
  expect((await admin.delete(`/v3/service_offerings/${offering}`)).status).toBe(422);
  expect((await admin.delete(`/v3/service_offerings/${offering}?purge=true`)).status).toBe(204);
  expect(await rowsOf('/v3/service_instances?names=sample')).toEqual([]);
  expect(await rowsOf('/v3/service_plans?names=small,large')).toEqual([]);
});

test('a revision has labels', async () => {
  const { deployer, space } = foundation;
  const app = await pushImage(deployer, space, 'labeled');
  const revision = await deployer.find(`/v3/apps/${app}/revisions`);
  const labels = { release: 'first' };
  expect((await deployer.patch(`/v3/revisions/${revision}`, { metadata: { labels } })).body).toMatchObject({
    metadata: { labels },
  });
});

test("everyone reads feature flags and variable groups, and an admin's change of them is refused with a message", async () => {
  const { admin, deployer } = foundation;
  const flags = await rowsOf('/v3/feature_flags');
  expect(flags.find(({ name }) => name === 'diego_docker')).toMatchObject({ enabled: true });
  expect((await deployer.get('/v3/environment_variable_groups/running')).body).toMatchObject({ var: {} });
  expect((await deployer.patch('/v3/feature_flags/diego_docker', { enabled: false })).status).toBe(403);
  expect(refusal(await admin.patch('/v3/feature_flags/diego_docker', { enabled: false }))).toEqual([
    422,
    "The feature flags of this foundation are fixed: you can't change one",
  ]);
});
