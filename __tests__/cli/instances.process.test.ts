import { CloudFoundry } from '../../cli/cloud-foundry';
import { awaitInstances, failuresSince, NotRunning } from '../../cli/instances';
import {
  type MemoryCellOptions,
  eventually,
  makeSpace,
  pushImage,
  startFoundation,
  type Foundation,
} from '@space-egress/foundation/testing';

let foundation: Foundation;
let cloud: CloudFoundry;
let space: string;
afterEach(() => foundation.close());

/** Running instances have been running for a minute, unless `now` says otherwise. */
async function start(cell: MemoryCellOptions): Promise<void> {
  foundation = await startFoundation({ cell: { now: () => Date.now() - 60_000, ...cell } });
  const { username: user, password } = foundation.service.credentials.deployer;
  cloud = await CloudFoundry.login({ apiUrl: foundation.service.url, user, password });
  space = await makeSpace(foundation.deployer, 'apps');
}

const print = (app: string, message: string, instanceGuid?: string): void => {
  foundation.cell.log(app, { source: 'APP/PROC/WEB', instanceIndex: '0', instanceGuid, stream: 'ERR', message });
};

test('applications that run are counted, and one that is stopped is not waited for', async () => {
  await start({ fate: ({ appName }) => (appName === 'stopped' ? 'crash' : 'run') });
  await pushImage(foundation.deployer, space, 'one');
  await pushImage(foundation.deployer, space, 'two', '  instances: 2\n');
  const stopped = await pushImage(foundation.deployer, space, 'stopped');
  await foundation.deployer.post(`/v3/apps/${stopped}/actions/stop`);
  const apps = await awaitInstances(cloud, [space]);
  expect([...apps].sort((a, b) => a.app.localeCompare(b.app))).toEqual([
    { app: 'one', wanted: 1, running: 1 },
    { app: 'two', wanted: 2, running: 2 },
  ]);
});

test('all crashing applications are named, each with the reason and its last output', async () => {
  await start({ fate: ({ appName }) => (appName === 'fine' ? 'run' : 'crash') });
  await pushImage(foundation.deployer, space, 'fine');
  for (const name of ['first', 'second']) {
    const app = await pushImage(foundation.deployer, space, name);
    for (let line = 0; line < 20; line += 1) print(app, `  ${name} ${line}`);
  }
  const failure = await awaitInstances(cloud, [space]).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(NotRunning);
  const { troubles, message } = failure as NotRunning;
  expect([...troubles].sort((a, b) => a.app.localeCompare(b.app))).toEqual(
    ['first', 'second'].map((app) => ({
      app,
      why: 'APP/PROC/WEB: Exited with status 1',
      lines: Array.from({ length: 15 }, (_, index) => `  ${app} ${index + 5}`),
      advice: [],
    })),
  );
  expect(message).toContain(
    'application first does not run (APP/PROC/WEB: Exited with status 1); its last lines:\n    first 5\n',
  );
});

test("an instance that has only just started doesn't count yet", async () => {
  const began = Date.now();
  await start({ now: Date.now });
  await pushImage(foundation.deployer, space, 'fresh');
  await awaitInstances(cloud, [space]);
  expect(Date.now() - began).toBeGreaterThanOrEqual(2000);
});

test('a crash is reported even if another instance has taken over since, with the output of the first', async () => {
  await start({});
  const before = new Date();
  const app = await pushImage(foundation.deployer, space, 'shaky');
  await pushImage(foundation.deployer, space, 'steady');
  const shaky = await eventually(() => [...foundation.cell.running.values()].find(({ appGuid }) => appGuid === app));
  print(app, 'out of paper', shaky.instanceGuid);
  foundation.cell.crash(shaky.instanceGuid, 'Exited with status 7');
  await eventually(() => [...foundation.cell.running.values()].find(({ appGuid }) => appGuid === app));
  await awaitInstances(cloud, [space]);
  print(app, 'all is well again');
  const stories = await failuresSince(cloud, [space], before);
  expect(stories).toMatchObject([
    { app: 'shaky', endings: [{ index: 0, times: 1, last: { why: 'Exited with status 7' } }], lines: ['out of paper'] },
  ]);
  await expect(failuresSince(cloud, [space], new Date(Date.now() + 60_000))).resolves.toEqual([]);
});
