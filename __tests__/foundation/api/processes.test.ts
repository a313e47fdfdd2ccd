import { eventually, makeSpace, pushImage, startFoundation, toOne, type Foundation, type Json } from './harness';

let foundation: Foundation;
let space: string;

beforeAll(async () => {
  foundation = await startFoundation();
  space = await makeSpace(foundation.deployer, 'space');
});
afterAll(() => foundation.close());

test('while a deployment is under way, both web processes are listed: the one that still serves, and the newer one', async () => {
  const { deployer } = foundation;
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
