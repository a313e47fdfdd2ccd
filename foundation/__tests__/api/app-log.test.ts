/** The platform's lines in an application's log. */
import { eventually, foundationForEach, pushImage, toOne, type Json } from '../../testing/harness';

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
