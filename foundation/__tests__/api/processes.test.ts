import { eventually, foundationForAll, makeRoute, pushImage, stageBits, toOne, type Json } from '../../testing/harness';

const foundation = foundationForAll({ space: 'space' });

test('during a deployment, both web processes are listed: the serving one and the newer one', async () => {
  const { deployer, space } = foundation;
  const app = await pushImage(deployer, space, 'web', '  instances: 2\n');
  const before = await deployer.find(`/v3/apps/${app}/processes`);
  const strategy = 'canary';
  const deployment = await deployer.create('/v3/deployments', { strategy, relationships: { app: toOne(app) } });
  await eventually(async () => {
    const { body } = await deployer.get(`/v3/deployments/${deployment}`);
    return (body['status'] as Json)['reason'] === 'PAUSED' || undefined;
  });
  const { body } = await deployer.get(`/v3/apps/${app}/processes`);
  expect(body['resources']).toMatchObject([
    { type: 'web', instances: 2, guid: before },
    { type: 'web', instances: 1 },
  ]);
  const [, fresh] = body['resources'] as Json[];
  expect((await deployer.get(`/v3/apps/${app}/processes/web`)).body['guid']).toBe(fresh?.['guid']);
});

test('a number written as a string is accepted, and anything else is refused', async () => {
  const { deployer, space } = foundation;
  const app = await pushImage(deployer, space, 'scaled');
  const scale = (body: object) => deployer.post(`/v3/apps/${app}/processes/web/actions/scale`, body);
  expect((await scale({ instances: '2', memory_in_mb: '128' })).body).toMatchObject({
    instances: 2,
    memory_in_mb: 128,
  });
  expect((await scale({ instances: 'two' })).status).toBe(422);
  expect((await scale({ instances: '-1' })).status).toBe(422);
});

test("a buildpack application opens a destination's port at its next start", async () => {
  const { deployer, cell, space } = foundation;
  const app = await deployer.create('/v3/apps', { name: 'ports', relationships: { space: toOne(space) } });
  const route = await makeRoute(deployer, space, 'ports');
  const destination = { app: { guid: app, process: { type: 'web', instances: 1 }, name: 'ports' }, port: 9090 };
  const mapped = await deployer.post(`/v3/routes/${route}/destinations`, { destinations: [destination] });
  expect(mapped.body['destinations']).toMatchObject([{ port: 9090, protocol: 'http1' }]);
  const { guid: droplet } = await stageBits(deployer, app);
  await deployer.patch(`/v3/apps/${app}/relationships/current_droplet`, toOne(String(droplet)));
  await deployer.post(`/v3/apps/${app}/actions/start`);
  const started = await eventually(() => [...cell.running.values()].find(({ appGuid }) => appGuid === app));
  expect(started.ports).toEqual([8080, 9090]);
});
