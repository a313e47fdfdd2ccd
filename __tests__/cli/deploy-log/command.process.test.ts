import { CloudFoundry } from '../../../cli/cloud-foundry';
import { deployLogCommand } from '../../../cli/deploy-log/command';
import { readStory } from '../../../cli/deploy-log/read';
import type { Story } from '../../../cli/deploy-log/story';
import {
  type InstanceSpec,
  eventually,
  makeSpace,
  pushImage,
  startFoundation,
  toOne,
  type Foundation,
  type Json,
} from '@space-egress/foundation/testing';

const isBad = ({ env }: Pick<InstanceSpec, 'env'>): boolean => env['LIST'] === 'bad';

let foundation: Foundation;
let cloud: CloudFoundry;
let fate: 'crash' | 'hang';
let app: string;

/** Two instances with a valid list, then a rolling deployment with an invalid one. */
beforeEach(async () => {
  fate = 'crash';
  foundation = await startFoundation({ cell: { fate: (spec) => (isBad(spec) ? fate : 'run') } });
  const { username: user, password } = foundation.service.credentials.deployer;
  cloud = await CloudFoundry.login({ apiUrl: foundation.service.url, user, password });
  app = await pushImage(foundation.deployer, await makeSpace(foundation.deployer, 'proxies'), 'proxy', MANIFEST);
  await eventually(() => foundation.cell.running.size === 2 || undefined);
});

afterEach(() => foundation.close());

const MANIFEST = '  instances: 2\n  env: {LIST: good}\n';

const setList = (value: string) =>
  foundation.deployer.patch(`/v3/apps/${app}/environment_variables`, { var: { LIST: value } });

const roll = (more: object = {}): Promise<string> =>
  foundation.deployer.create('/v3/deployments', { relationships: { app: toOne(app) }, ...more });

const storyWhen = (holds: (story: Story) => boolean): Promise<Story> =>
  eventually(async () => {
    const story = await readStory(cloud, 'proxy', app);
    return holds(story) ? story : undefined;
  });

/** Logs the output of the instance that crashes, because a cell in memory doesn't log anything by itself. */
const printInCrashed = async (message: string): Promise<void> => {
  const { endings } = await storyWhen((story) => story.endings.length > 0);
  const instanceGuid = endings[0]?.last.instance;
  const line = { source: 'APP/PROC/WEB', instanceIndex: '0', stream: 'ERR' } as const;
  foundation.cell.log(app, { ...line, instanceGuid, message });
  foundation.cell.log(app, { ...line, instanceGuid: 'another', message: 'a request' });
};

test('a deployment that succeeded is reported as such', async () => {
  const deployment = await roll();
  const story = await storyWhen((told) => told.deployment?.reason === 'DEPLOYED');
  expect(story).toMatchObject({ deployment: { guid: deployment }, endings: [], lines: [], pending: [] });
  expect(story.serving).toEqual({ running: 2, wanted: 2 });
});

test('if its new instance ends, the reason is reported, and that the old instances keep running', async () => {
  await setList('bad');
  const deployment = await roll();
  // Wait for the fourth crash, after which the platform waits 30 s before it starts the instance again.
  const story = await storyWhen(({ endings }) => endings[0]?.times === 4);
  expect(story).toMatchObject({
    deployment: { guid: deployment, reason: 'DEPLOYING', finished: false },
    endings: [{ index: 0, times: 4, last: { why: 'APP/PROC/WEB: Exited with status 1' } }],
    serving: { running: 2, wanted: 2 },
    pending: ['LIST'],
  });
  expect(story).not.toHaveProperty('successor');
});

test('the lines are those of the instance that ended, without control characters', async () => {
  await setList('bad');
  await roll();
  await storyWhen(({ endings }) => endings[0]?.times === 4);
  await printInCrashed('\u001b[31mLIST: line 1\u0007 is no destination');
  expect((await readStory(cloud, 'proxy', app)).lines).toEqual(['LIST: line 1  is no destination']);
});

test("after a rollback like the provider's, the failure is reported and the old environment is back", async () => {
  const { body } = await foundation.deployer.get(`/v3/apps/${app}/revisions/deployed`);
  const [revision] = body['resources'] as Json[];
  await setList('bad');
  const failed = await roll();
  await storyWhen(({ endings }) => endings.length > 0);
  const rollback = await roll({ revision: { guid: revision?.['guid'] } });
  const story = await storyWhen(({ successor }) => successor?.reason === 'DEPLOYED');
  expect(story).toMatchObject({ deployment: { guid: failed }, successor: { guid: rollback }, pending: [] });
});

test('after a cancellation, the environment is still the new one, which is reported', async () => {
  await setList('bad');
  const deployment = await roll();
  await storyWhen(({ endings }) => endings.length > 0);
  await foundation.deployer.post(`/v3/deployments/${deployment}/actions/cancel`);
  const story = await storyWhen((told) => told.deployment?.reason === 'CANCELED');
  expect(story).toMatchObject({ deployment: { guid: deployment }, pending: ['LIST'] });
  expect(story.serving).toEqual({ running: 2, wanted: 2 });
});

test("an instance that isn't up yet is reported with its output so far", async () => {
  fate = 'hang';
  await setList('bad');
  await roll();
  const fresh = await eventually(() => [...foundation.cell.running.values()].find(isBad));
  foundation.cell.log(app, {
    source: 'APP/PROC/WEB',
    instanceIndex: '0',
    instanceGuid: fresh.instanceGuid,
    stream: 'OUT',
    message: 'loading',
  });
  expect(await readStory(cloud, 'proxy', app)).toMatchObject({ endings: [], lines: ['loading'], pending: ['LIST'] });
});

test("an account that can't read variables gets the rest", async () => {
  const { admin, service } = foundation;
  const account = await admin.post('/uaa/Users', { userName: 'auditor', password: 'secret' });
  const user = await admin.create('/v3/users', { guid: account.body['id'] });
  const space = await admin.find('/v3/spaces?names=proxies');
  const organization = await admin.find('/v3/organizations?names=egress-demo');
  for (const role of [
    { type: 'organization_user', relationships: { user: toOne(user), organization: toOne(organization) } },
    { type: 'space_auditor', relationships: { user: toOne(user), space: toOne(space) } },
  ]) {
    await admin.create('/v3/roles', role);
  }
  const auditor = await CloudFoundry.login({ apiUrl: service.url, user: 'auditor', password: 'secret' });
  await setList('bad');
  await roll();
  const story = await eventually(async () => {
    const told = await readStory(auditor, 'proxy', app);
    return told.endings.length > 0 ? told : undefined;
  });
  expect(story).not.toHaveProperty('pending');
});

test('the command finds the application by its name, and an unknown one is named', async () => {
  const { url, credentials } = foundation.service;
  const { username, password } = credentials.deployer;
  const env = { CF_API_URL: url, CF_USER: username, CF_PASSWORD: password, EGRESS_PUBLIC_SPACE: 'proxies' };
  const printed: string[] = [];
  const write = jest.spyOn(process.stdout, 'write').mockImplementation((text) => printed.push(String(text)) > 0);
  try {
    await deployLogCommand(env).parseAsync(['--app', 'proxy'], { from: 'user' });
    await deployLogCommand(env).parseAsync(['--app', 'proxy', '--json'], { from: 'user' });
  } finally {
    write.mockRestore();
  }
  expect(printed[0]).toBe('proxy: no deployment, and no instance has crashed\n');
  expect(JSON.parse(printed[1] ?? '')).toMatchObject({ app: 'proxy', endings: [] });
  await expect(deployLogCommand(env).parseAsync(['--app', 'none'], { from: 'user' })).rejects.toThrow(
    "no application in egress-demo/proxies named 'none'",
  );
});
