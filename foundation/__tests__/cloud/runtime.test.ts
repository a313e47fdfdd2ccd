/** The lifecycle of instances, with an in-memory cell and a clock that tests control. */
import type { InstanceSpec } from '../../src/cell/cell';
import { MemoryCell } from '../../src/cell/memory-cell';
import { cancelDeployment } from '../../src/cloud/deployments';
import { recordCrash } from '../../src/cloud/events';
import { MemoryStore } from '../../src/store/store';
import {
  eventually,
  foundationForEach,
  makeSpace,
  pushImage,
  refusal,
  stageImage,
  startFoundation,
  toOne,
  type Json,
} from '../../testing/harness';
import { FakeClock } from './fake-clock';

type Fate = 'run' | 'wait' | 'hang' | 'crash' | 'refuse';

let clock: FakeClock;
let fate: (spec: InstanceSpec) => Fate;

const foundation = foundationForEach(() => {
  clock = new FakeClock();
  fate = () => 'run';
  const cell = {
    now: () => clock.now(),
    fate: (spec: InstanceSpec) => fate(spec),
    image: () => ({ ports: [3128, 8080] }),
  };
  return { clock, cell, space: 'space' };
});

const running = (): InstanceSpec[] => [...foundation.cell.running.values()];

const untilRunning = (count: number, matches: (spec: InstanceSpec) => boolean = () => true): Promise<true> =>
  eventually(() => (running().length === count && running().every(matches)) || undefined);

/** Once it runs. */
const makeReady = async ({ instanceGuid }: InstanceSpec): Promise<void> => {
  const { scheduler } = foundation.service.cloud;
  await eventually(() => scheduler.reportOf(instanceGuid)?.state === 'RUNNING' || undefined);
  foundation.cell.ready(instanceGuid, true);
};

/** Applies a quota to the space, and returns its GUID. */
const limitInstances = async (instances: number): Promise<string> => {
  const organization = await foundation.deployer.find('/v3/organizations?names=egress-demo');
  return foundation.deployer.create('/v3/space_quotas', {
    name: 'tight',
    apps: { total_instances: instances },
    relationships: { organization: toOne(organization), spaces: { data: [{ guid: foundation.space }] } },
  });
};

const starts = (): number => foundation.cell.history.filter((event) => event.startsWith('start')).length;

const states = async (app: string): Promise<unknown[]> => {
  const { body } = await foundation.deployer.get(`/v3/apps/${app}/processes/web/stats`);
  return (body['resources'] as Json[]).map(({ state }) => state);
};

const deploy = async (app: string, more: object): Promise<string> =>
  foundation.deployer.create('/v3/deployments', { relationships: { app: toOne(app) }, ...more });

const statusOf = async (deployment: string): Promise<Json> =>
  (await foundation.deployer.get(`/v3/deployments/${deployment}`)).body['status'] as Json;

const finalized = (deployment: string): Promise<Json> =>
  eventually(async () => {
    const status = await statusOf(deployment);
    return status['value'] === 'FINALIZED' ? status : undefined;
  });

test('an instance that crashes restarts three times at once, then after 30 s and twice as long each time', async () => {
  fate = () => 'crash';
  const app = await pushImage(foundation.deployer, foundation.space, 'web');
  await eventually(() => starts() === 1 || undefined);
  for (let crash = 1; crash <= 3; crash++) {
    await eventually(() => clock.next === 0 || undefined);
    clock.advance(0);
    await eventually(() => starts() === crash + 1 || undefined);
  }
  for (const seconds of [30, 60, 120]) {
    await eventually(() => clock.next === seconds * 1000 || undefined);
    expect(await states(app)).toEqual(['CRASHED']);
    clock.advance(seconds * 1000);
  }
  await eventually(() => clock.next === 240_000 || undefined);
  fate = () => 'run';
  clock.advance(240_000);
  await eventually(async () => (await states(app))[0] === 'RUNNING' || undefined);
});

test('an instance that ran for five minutes restarts at once', async () => {
  await pushImage(foundation.deployer, foundation.space, 'web');
  for (let crash = 1; crash <= 6; crash++) {
    await untilRunning(1);
    const [spec] = running();
    await eventually(
      () => foundation.service.cloud.scheduler.reportOf(spec?.instanceGuid ?? '')?.state === 'RUNNING' || undefined,
    );
    clock.advance(5 * 60_000);
    foundation.cell.crash(spec?.instanceGuid ?? '', 'Exited with status 137 (out of memory)');
    expect(clock.next).toBe(0);
    clock.advance(0);
  }
});

test("an instance that can't be started counts as crashed, with its reason", async () => {
  fate = () => 'refuse';
  const app = await pushImage(foundation.deployer, foundation.space, 'web');
  await eventually(async () => (await states(app))[0] === 'CRASHED' || undefined);
  const { body } = await foundation.deployer.get(`/api/v1/read/${app}?envelope_types=LOG`);
  const { batch } = body['envelopes'] as { batch: { log: { payload: string } }[] };
  const lines = batch.map(({ log }) => Buffer.from(log.payload, 'base64').toString());
  expect(lines).toContain('Process has crashed with type: "web"');
  expect(lines).toContainEqual(expect.stringContaining(`"exit_description"=>"instance of web can't be started"`));
});

test('scaling starts and stops instances, and more memory replaces them', async () => {
  const { deployer, space } = foundation;
  const app = await pushImage(deployer, space, 'web');
  const scale = (body: object) => deployer.post(`/v3/apps/${app}/processes/web/actions/scale`, body);
  await scale({ instances: 3 });
  await untilRunning(3);
  const before = new Set(foundation.cell.running.keys());
  await scale({ instances: 1 });
  await untilRunning(1);
  expect(running().map(({ instanceGuid, index }) => [before.has(instanceGuid), index])).toEqual([[true, 0]]);
  await scale({ memory_in_mb: 64 });
  await untilRunning(1, ({ memory, env }) => memory === 64 && env['MEMORY_LIMIT'] === '64m');
});

test('variables reach the containers with a restart and not before', async () => {
  const { deployer, space } = foundation;
  const app = await pushImage(deployer, space, 'web', '  env: {A: old}\n');
  await untilRunning(1);
  await deployer.patch(`/v3/apps/${app}/environment_variables`, { var: { A: 'new' } });
  await deployer.post(`/v3/apps/${app}/processes/web/actions/scale`, { instances: 2 });
  await untilRunning(2, ({ env }) => env['A'] === 'old');
  await deployer.post(`/v3/apps/${app}/actions/restart`);
  await untilRunning(2, ({ env }) => env['A'] === 'new');
});

test.each([
  ['16K', 16_384],
  ['0', 0],
  ['1000', 1000],
  ['-1', undefined],
])('a log rate limit of %s reaches the containers with a start', async (limit, bytes) => {
  await pushImage(foundation.deployer, foundation.space, 'web', `  log-rate-limit-per-second: ${limit}\n`);
  await untilRunning(1, ({ logRateLimit }) => logRateLimit === bytes);
});

test('stopping ends all instances, and starting brings them back', async () => {
  const { deployer, space } = foundation;
  const app = await pushImage(deployer, space, 'web', '  instances: 2\n');
  await untilRunning(2);
  await deployer.post(`/v3/apps/${app}/actions/stop`);
  await untilRunning(0);
  await deployer.post(`/v3/apps/${app}/actions/start`);
  await untilRunning(2);
});

test('a rolling deployment starts a new instance before it stops an old one, all along', async () => {
  const { deployer, space } = foundation;
  const app = await pushImage(deployer, space, 'web', '  instances: 3\n');
  await untilRunning(3);
  const before = foundation.cell.history.length;
  const droplet = await stageImage(deployer, app, 'next');
  const deployment = await deploy(app, { droplet: { guid: droplet } });
  expect(await finalized(deployment)).toMatchObject({ value: 'FINALIZED', reason: 'DEPLOYED' });
  await untilRunning(3, ({ droplet: source }) => source.kind === 'docker' && source.image === 'next');
  let alive = 3;
  for (const event of foundation.cell.history.slice(before)) {
    alive += event.startsWith('start') ? 1 : -1;
    expect(alive).toBeGreaterThanOrEqual(3);
    expect(alive).toBeLessThanOrEqual(5);
  }
  const { body } = await deployer.get(`/v3/apps/${app}/revisions/deployed`);
  expect((body['resources'] as Json[]).map(({ version, description }) => [version, description])).toEqual([
    [2, 'New droplet deployed.'],
  ]);
});

test('a deployment whose instances never become healthy keeps the old ones, and a rollback ends it', async () => {
  const { deployer, space } = foundation;
  const app = await pushImage(deployer, space, 'web', '  instances: 2\n  env: {A: good}\n');
  await untilRunning(2);
  const [revision] = await deployer.list(`/v3/apps/${app}/revisions/deployed`);
  await deployer.patch(`/v3/apps/${app}/environment_variables`, { var: { A: 'bad' } });
  fate = ({ env }) => (env['A'] === 'bad' ? 'hang' : 'run');
  const stuck = await deploy(app, {});
  await untilRunning(3);
  expect(await statusOf(stuck)).toMatchObject({ value: 'ACTIVE', reason: 'DEPLOYING' });
  const deployed = await deployer.get(`/v3/apps/${app}/revisions/deployed`);
  expect((deployed.body['resources'] as Json[]).map(({ guid }) => guid)).toEqual([revision?.['guid']]);
  const rollback = await deploy(app, { revision: { guid: revision?.['guid'] } });
  expect(await finalized(rollback)).toMatchObject({ reason: 'DEPLOYED' });
  expect(await statusOf(stuck)).toMatchObject({ value: 'FINALIZED', reason: 'SUPERSEDED' });
  await untilRunning(2, ({ env }) => env['A'] === 'good');
});

const isNext = ({ droplet }: InstanceSpec): boolean => droplet.kind === 'docker' && droplet.image === 'next';

test('at most max_in_flight new instances are starting, and each that is up makes room for the next', async () => {
  const { deployer, space } = foundation;
  const app = await pushImage(deployer, space, 'web', '  instances: 5\n');
  await untilRunning(5);
  const droplet = await stageImage(deployer, app, 'next');
  fate = () => 'wait';
  const deployment = await deploy(app, { droplet: { guid: droplet }, options: { max_in_flight: 2 } });
  await untilRunning(7);
  const fresh = (): InstanceSpec[] => running().filter(isNext);
  const indexes = (specs: readonly InstanceSpec[]): number[] => specs.map(({ index }) => index).sort();
  expect([indexes(fresh()), running().length - fresh().length]).toEqual([[0, 1], 5]);

  const ready = async (index: number): Promise<void> => {
    await makeReady(await eventually(() => fresh().find((spec) => spec.index === index)));
  };
  await ready(1);
  await eventually(() => fresh().length === 3 || undefined);
  await untilRunning(7);
  expect(indexes(fresh())).toEqual([0, 1, 2]);
  for (const index of [0, 2, 3]) {
    await ready(index);
    await eventually(() => fresh().length === (index === 0 ? 4 : 5) || undefined);
  }
  expect(await statusOf(deployment)).toMatchObject({ reason: 'DEPLOYING' });
  await ready(4);
  expect(await finalized(deployment)).toMatchObject({ reason: 'DEPLOYED' });
  await untilRunning(5, isNext);
});

test('no new instance starts while one is crashed, and no old one stops for it', async () => {
  const { deployer, space } = foundation;
  const app = await pushImage(deployer, space, 'web', '  instances: 3\n');
  await untilRunning(3);
  fate = (spec) => (isNext(spec) ? 'crash' : 'run');
  const droplet = await stageImage(deployer, app, 'next');
  const deployment = await deploy(app, { droplet: { guid: droplet } });
  for (let crash = 1; crash <= 3; crash++) {
    await eventually(() => clock.next === 0 || undefined);
    clock.advance(0);
  }
  await eventually(() => clock.next === 30_000 || undefined);
  await untilRunning(3, (spec) => !isNext(spec));
  fate = () => 'run';
  clock.advance(30_000);
  expect(await finalized(deployment)).toMatchObject({ reason: 'DEPLOYED' });
  await untilRunning(3, isNext);
});

test('a deployment without room in a quota waits, and continues once there is room', async () => {
  const { deployer, space } = foundation;
  const app = await pushImage(deployer, space, 'web', '  instances: 3\n');
  await untilRunning(3);
  const quota = await limitInstances(4);
  const limit = (instances: number) =>
    deployer.patch(`/v3/space_quotas/${quota}`, { apps: { total_instances: instances } });
  fate = () => 'wait';
  const deployment = await deploy(app, { droplet: { guid: await stageImage(deployer, app, 'next') } });
  await untilRunning(4);
  await limit(3);
  await makeReady(await eventually(() => running().find(isNext)));
  await new Promise((resolve) => setImmediate(resolve));
  expect([running().length, running().filter(isNext).length]).toEqual([4, 1]);
  expect(await statusOf(deployment)).toMatchObject({ reason: 'DEPLOYING' });
  fate = () => 'run';
  await limit(4);
  expect(await finalized(deployment)).toMatchObject({ reason: 'DEPLOYED' });
  await untilRunning(3, isNext);
});

test('an old instance stops for a new one that is ready, even if the quota is exceeded', async () => {
  const { deployer, space } = foundation;
  const app = await pushImage(deployer, space, 'web', '  instances: 2\n');
  await untilRunning(2);
  fate = () => 'wait';
  const options = { max_in_flight: 2 };
  await deploy(app, { droplet: { guid: await stageImage(deployer, app, 'next') }, options });
  await untilRunning(4);
  await limitInstances(1);
  await makeReady(await eventually(() => running().find(isNext)));
  await untilRunning(3);
  expect(running().filter(isNext)).toHaveLength(2);
});

test('an instance that is not ready runs, is not routable, and delays a deployment until it is ready', async () => {
  const { deployer, space } = foundation;
  const app = await pushImage(deployer, space, 'web', '  readiness-health-check-type: http\n');
  await untilRunning(1);
  expect(running()[0]?.readinessCheck).toEqual({ type: 'http', endpoint: '/', interval: 30, invocationTimeout: 1 });
  fate = () => 'wait';
  const deployment = await deploy(app, {});
  await untilRunning(2);
  const process = String(
    ((await deployer.get(`/v3/deployments/${deployment}`)).body['new_processes'] as Json[])[0]?.['guid'],
  );
  const fresh = await eventually(() => running().find(({ processGuid }) => processGuid === process));
  const stats = async (): Promise<Json | undefined> => (await deployer.list(`/v3/processes/${process}/stats`))[0];
  await eventually(async () => (await stats())?.['state'] === 'RUNNING' || undefined);
  expect(await stats()).toMatchObject({ state: 'RUNNING', routable: false });
  expect(await statusOf(deployment)).toMatchObject({ reason: 'DEPLOYING' });
  foundation.cell.ready(fresh.instanceGuid, true);
  expect(await finalized(deployment)).toMatchObject({ reason: 'DEPLOYED' });
  foundation.cell.ready(fresh.instanceGuid, false);
  expect(await stats()).toMatchObject({ state: 'RUNNING', routable: false });
  const { body } = await deployer.get(
    `/v3/audit_events?target_guids=${app}&types=audit.app.process.ready,audit.app.process.not-ready`,
  );
  expect((body['resources'] as Json[]).map(({ type, actor }) => [type, (actor as Json)['guid']])).toEqual([
    ['audit.app.process.ready', expect.any(String)],
    ['audit.app.process.ready', process],
    ['audit.app.process.not-ready', process],
  ]);
});

test('a rollback to a revision restores its droplet, variables, and commands, and is refused for the deployed one', async () => {
  const { deployer, space } = foundation;
  const app = await pushImage(deployer, space, 'web', '  env: {A: one}\n  command: first\n');
  await untilRunning(1);
  const [first] = await deployer.list(`/v3/apps/${app}/revisions`);
  const same = await deployer.post('/v3/deployments', {
    relationships: { app: toOne(app) },
    revision: { guid: first?.['guid'] },
  });
  expect([same.status, same.text]).toEqual([
    422,
    expect.stringContaining('Unable to rollback. The code and configuration'),
  ]);

  await deployer.patch(`/v3/apps/${app}/environment_variables`, { var: { A: 'two' } });
  await deployer.patch(`/v3/apps/${app}/processes/web`, { command: 'second' });
  await finalized(await deploy(app, { droplet: { guid: await stageImage(deployer, app, 'next') } }));
  await finalized(await deploy(app, { revision: { guid: first?.['guid'] } }));
  await untilRunning(1, (spec) => !isNext(spec) && spec.env['A'] === 'one' && spec.command === 'first');
  const { body } = await deployer.get(`/v3/apps/${app}/revisions`);
  expect((body['resources'] as Json[]).map(({ version, description }) => [version, description])).toEqual([
    [1, 'Initial revision.'],
    [2, "Custom start command updated for 'web' process. New droplet deployed. New environment variables deployed."],
    [
      3,
      "Custom start command updated for 'web' process. New droplet deployed. New environment variables deployed. " +
        'Rolled back to revision 1.',
    ],
  ]);
  expect((await deployer.get(`/v3/apps/${app}/environment_variables`)).body['var']).toEqual({ A: 'one' });

  await deployer.patch(`/v3/apps/${app}/features/revisions`, { enabled: false });
  const without = await deployer.post('/v3/deployments', {
    relationships: { app: toOne(app) },
    revision: { guid: first?.['guid'] },
  });
  expect(without.text).toContain('Cannot create deployment from a revision for an app without revisions enabled');
});

test.each([
  [{ strategy: 'recreate' }, "Strategy 'recreate' is not a supported deployment strategy"],
  [{ options: { max_in_flight: 0 } }, 'Max in flight must be an integer greater than 0'],
  [{ options: { max_in_flight: 'two' } }, 'Max in flight must be an integer greater than 0'],
  [{ droplet: { guid: 'a' }, revision: { guid: 'b' } }, "Cannot set both fields 'droplet' and 'revision'"],
  [{ revision: { guid: 'b' } }, 'The revision does not exist'],
])("a deployment that can not be, %j, is refused in the platform's words", async (more, message) => {
  const app = await pushImage(foundation.deployer, foundation.space, 'web');
  const body = { relationships: { app: toOne(app) }, ...more };
  expect(refusal(await foundation.deployer.post('/v3/deployments', body))).toEqual([422, message]);
});

test('a canceled deployment restores the old instances and droplet, but not the old environment', async () => {
  const { deployer, space } = foundation;
  const app = await pushImage(deployer, space, 'web', '  instances: 2\n  env: {A: old}\n');
  await untilRunning(2);
  const old = await deployer.get(`/v3/apps/${app}/droplets/current`);
  await deployer.patch(`/v3/apps/${app}/environment_variables`, { var: { A: 'new' } });
  fate = ({ env }) => (env['A'] === 'new' ? 'hang' : 'run');
  const deployment = await deploy(app, { droplet: { guid: await stageImage(deployer, app, 'next') } });
  await untilRunning(3);
  expect((await deployer.post(`/v3/deployments/${deployment}/actions/cancel`)).status).toBe(200);
  expect(await finalized(deployment)).toMatchObject({ reason: 'CANCELED' });
  await untilRunning(2, ({ env }) => env['A'] === 'old');
  expect((await deployer.get(`/v3/apps/${app}/droplets/current`)).body['guid']).toBe(old.body['guid']);
  expect((await deployer.get(`/v3/apps/${app}/environment_variables`)).body['var']).toEqual({ A: 'new' });
});

test('a canceled deployment goes back to the instances of a superseded one', async () => {
  const { deployer, space } = foundation;
  const app = await pushImage(deployer, space, 'web', '  instances: 2\n  env: {A: old}\n');
  await untilRunning(2);
  fate = ({ env, index }) => (env['A'] === 'new' || (env['A'] === 'interim' && index > 0) ? 'hang' : 'run');
  for (const value of ['interim', 'new']) {
    await deployer.patch(`/v3/apps/${app}/environment_variables`, { var: { A: value } });
    await deploy(app, {});
    await eventually(() => running().some(({ env }) => env['A'] === value) || undefined);
    await eventually(async () => {
      const { body } = await deployer.get(`/v3/processes?app_guids=${app}`);
      return value !== 'interim' || (body['resources'] as Json[]).some(({ instances }) => instances === 2) || undefined;
    });
  }
  fate = () => 'run';
  const [newest] = await deployer.list(`/v3/deployments?app_guids=${app}&order_by=-created_at`);
  const { cloud } = foundation.service;
  const guid = String(newest?.['guid']);
  cloud.transact((state) => cancelDeployment(state, state.deployments.expect(guid)));
  expect(cloud.state.deployments.get(guid)).toMatchObject({ status: 'ACTIVE', reason: 'CANCELING' });
  expect(await finalized(guid)).toMatchObject({ reason: 'CANCELED' });
  await untilRunning(2, ({ env }) => env['A'] === 'interim');
});

describe('a canary deployment', () => {
  const paused = (deployment: string, step: number): Promise<Json> =>
    eventually(async () => {
      const status = await statusOf(deployment);
      const { steps } = status['canary'] as { steps: { current: number } };
      return (status['reason'] === 'PAUSED' && steps.current === step && status) || undefined;
    });

  /** New and old ones. */
  const counts = (): [number, number] => {
    const fresh = running().filter(isNext).length;
    return [fresh, running().length - fresh];
  };

  const untilCounts = (fresh: number, old: number): Promise<true> =>
    eventually(() => counts().join() === `${fresh},${old}` || undefined);

  const begin = async (instances: number, options: object): Promise<{ app: string; deployment: string }> => {
    const app = await pushImage(foundation.deployer, foundation.space, 'web', `  instances: ${instances}\n`);
    await untilRunning(instances);
    const droplet = { guid: await stageImage(foundation.deployer, app, 'next') };
    return { app, deployment: await deploy(app, { droplet, strategy: 'canary', options }) };
  };

  const act = async (deployment: string, action: string): Promise<[number, unknown]> => {
    const { status, body } = await foundation.deployer.post(`/v3/deployments/${deployment}/actions/${action}`);
    return [status, (body['errors'] as Json[] | undefined)?.[0]?.['detail']];
  };

  test('pauses at each of its steps until it is continued, with one instance more than before, except in the last', async () => {
    const steps = [{ instance_weight: 10 }, { instance_weight: 50 }, { instance_weight: 100 }];
    const { app, deployment } = await begin(4, { max_in_flight: 4, canary: { steps } });
    expect(await paused(deployment, 1)).toMatchObject({ value: 'ACTIVE', canary: { steps: { current: 1, total: 3 } } });
    await untilCounts(1, 4);
    const { body } = await foundation.deployer.get(`/v3/deployments?app_guids=${app}&status_reasons=PAUSED`);
    expect(body['resources']).toMatchObject([
      { guid: deployment, strategy: 'canary', state: 'PAUSED', options: { max_in_flight: 4, canary: { steps } } },
    ]);
    expect((body['resources'] as { links: object }[])[0]?.links).toHaveProperty('continue');

    expect(await act(deployment, 'continue')).toEqual([200, undefined]);
    await paused(deployment, 2);
    await untilCounts(2, 3);
    expect(await act(deployment, 'continue')).toEqual([200, undefined]);
    await paused(deployment, 3);
    await untilCounts(4, 0);
    expect(await act(deployment, 'continue')).toEqual([200, undefined]);
    expect(await finalized(deployment)).toMatchObject({ reason: 'DEPLOYED' });
    await untilCounts(4, 0);
    expect(await act(deployment, 'continue')).toEqual([
      422,
      'Cannot continue a deployment with status: FINALIZED and reason: DEPLOYED',
    ]);
  });

  test('without steps pauses once, with one new instance, and continues as a rolling deployment', async () => {
    const { deployment } = await begin(3, { max_in_flight: 2 });
    expect(await paused(deployment, 1)).toMatchObject({ canary: { steps: { current: 1, total: 1 } } });
    await untilCounts(1, 3);
    await act(deployment, 'continue');
    expect(await finalized(deployment)).toMatchObject({ reason: 'DEPLOYED' });
    await untilCounts(3, 0);
  });

  test('can be canceled while it is paused, which restores everything', async () => {
    const { deployment } = await begin(2, { canary: { steps: [{ instance_weight: 100 }] }, max_in_flight: 2 });
    await paused(deployment, 1);
    await untilCounts(2, 0);
    expect(await act(deployment, 'cancel')).toEqual([200, undefined]);
    expect(await finalized(deployment)).toMatchObject({ reason: 'CANCELED' });
    await untilCounts(0, 2);
  });

  test('does not pause before its instances are routable, and is shown as deploying until then', async () => {
    const app = await pushImage(foundation.deployer, foundation.space, 'web');
    await untilRunning(1);
    fate = (spec) => (isNext(spec) ? 'wait' : 'run');
    const droplet = { guid: await stageImage(foundation.deployer, app, 'next') };
    const deployment = await deploy(app, { droplet, strategy: 'canary' });
    await untilCounts(1, 1);
    expect(await statusOf(deployment)).toMatchObject({ value: 'ACTIVE', reason: 'DEPLOYING' });
    expect(await act(deployment, 'continue')).toEqual([
      422,
      'Cannot continue a deployment with status: ACTIVE and reason: DEPLOYING',
    ]);
    await makeReady(await eventually(() => running().find(isNext)));
    await paused(deployment, 1);
  });
});

test('a deployment may change the number and the size of instances', async () => {
  const { deployer, space } = foundation;
  const app = await pushImage(deployer, space, 'web', '  instances: 3\n  memory: 128M\n');
  await untilRunning(3);
  const options = { max_in_flight: 2, web_instances: 2, memory_in_mb: 64, disk_in_mb: 256 };
  const deployment = await deploy(app, { droplet: { guid: await stageImage(deployer, app, 'next') }, options });
  expect((await deployer.get(`/v3/deployments/${deployment}`)).body['options']).toEqual(options);
  expect(await finalized(deployment)).toMatchObject({ reason: 'DEPLOYED' });
  await untilRunning(2, (spec) => isNext(spec) && spec.memory === 64 && spec.disk === 256);
  expect((await deployer.get(`/v3/apps/${app}/processes/web`)).body).toMatchObject({ instances: 2, memory_in_mb: 64 });
});

test('a deployment that would exceed the quota at its end is refused at once', async () => {
  const { deployer, space } = foundation;
  const app = await pushImage(deployer, space, 'web', '  instances: 2\n');
  await untilRunning(2);
  await limitInstances(4);
  const relationships = { app: toOne(app) };
  const { status, text } = await deployer.post('/v3/deployments', { relationships, options: { web_instances: 5 } });
  expect([status, text]).toEqual([422, expect.stringContaining('space_app_instance_limit_exceeded for space')]);
  expect((await deployer.get(`/v3/deployments?app_guids=${app}`)).body['resources']).toEqual([]);
  expect((await deployer.get(`/v3/apps/${app}/processes/web`)).body).toMatchObject({ instances: 2 });
});

const CANARY_WEIGHT = 'Options canary steps instance weight must be';

test.each([
  ['red-black', undefined, "Strategy 'red-black' is not a supported deployment strategy"],
  ['rolling', { canary: {} }, 'Options canary are only valid for Canary deployments'],
  ['canary', { canary: { steps: [{ instance_weight: 0 }] } }, `${CANARY_WEIGHT} an Integer between 1-100 (inclusive)`],
  ['canary', { canary: { steps: [{}] } }, `${CANARY_WEIGHT} an Integer between 1-100 (inclusive)`],
  [
    'canary',
    { canary: { steps: [{ instance_weight: 9 }, { instance_weight: 8 }] } },
    `${CANARY_WEIGHT} sorted in ascending order`,
  ],
  ['rolling', { web_instances: -1 }, 'Options web instances must be greater than or equal to 0'],
])('a %s deployment with the options %j is refused: %s', async (strategy, options, message) => {
  const app = await pushImage(foundation.deployer, foundation.space, 'web');
  const reply = await foundation.deployer.post('/v3/deployments', {
    relationships: { app: toOne(app) },
    strategy,
    options,
  });
  expect(refusal(reply)).toEqual([422, message]);
});

test("the environment is the platform's, and system variables override others", async () => {
  await pushImage(
    foundation.deployer,
    foundation.space,
    'web',
    '  env: {MEMORY_LIMIT: mine, A: "1"}\n  memory: 0.25gb\n',
  );
  await untilRunning(1);
  const [spec] = running();
  const { env = {}, instanceGuid, ports }: Partial<InstanceSpec> = spec ?? {};
  const { VCAP_APPLICATION: application, ...rest } = env;
  expect(ports).toEqual([3128, 8080]);
  expect(rest).toEqual({
    A: '1',
    MEMORY_LIMIT: '256m',
    PORT: '3128',
    VCAP_SERVICES: '{}',
    CF_INSTANCE_GUID: instanceGuid,
    INSTANCE_GUID: instanceGuid,
    CF_INSTANCE_INDEX: '0',
    INSTANCE_INDEX: '0',
  });
  expect(JSON.parse(application ?? '')).toMatchObject({
    application_name: 'web',
    space_name: 'space',
    organization_name: 'egress-demo',
    limits: { mem: 256, disk: 1024, fds: 16384 },
    instance_index: 0,
    port: 3128,
  });
});

test('when the foundation stops, its instances keep running, and the next one takes them over', async () => {
  const store = new MemoryStore();
  const cell = new MemoryCell();
  store.close = () => undefined;
  const first = await startFoundation({ store, memoryCell: cell });
  const place = await makeSpace(first.deployer, 'kept');
  await pushImage(first.deployer, place, 'kept', '  instances: 2\n');
  await eventually(() => cell.running.size === 2 || undefined);
  await first.close();
  const [lost, kept] = [...cell.running.keys()];
  cell.running.delete(lost ?? '');
  const second = await startFoundation({ store, memoryCell: cell });
  try {
    await eventually(() => cell.running.size === 2 || undefined);
    expect(cell.running.has(kept ?? '')).toBe(true);
    expect([...cell.running.values()].map(({ index }) => index).sort()).toEqual([0, 1]);
    expect(cell.appliedRevision).toBe(second.service.cloud.revision.desired);
  } finally {
    await second.close();
  }
});

test('each crash is an event with its reason and number, and only the newest of very many are kept', async () => {
  const { deployer, service, space } = foundation;
  fate = () => 'crash';
  const app = await pushImage(deployer, space, 'web');
  const process = await deployer.find(`/v3/processes?app_guids=${app}`);
  const events = async (): Promise<Json[]> =>
    await deployer.list(`/v3/audit_events?target_guids=${app}&types=audit.app.process.crash`);
  await eventually(() => clock.next === 0 || undefined);
  clock.advance(0);
  const [first, second] = await eventually(async () => ((await events()).length === 2 ? events() : undefined));
  expect(first).toMatchObject({
    type: 'audit.app.process.crash',
    actor: { guid: process, type: 'process', name: 'web' },
    target: { guid: app, type: 'app', name: 'web' },
    space: { guid: space },
    data: { index: 0, reason: 'CRASHED', exit_description: 'APP/PROC/WEB: Exited with status 1', crash_count: 1 },
  });
  expect(second).toMatchObject({ data: { crash_count: 2 } });

  const [instance] = [...service.cloud.state.instances];
  service.cloud.transact((state) => {
    for (let count = 1; instance && count <= 2501; count++) recordCrash(state, instance, { reason: 'again', count });
  });
  const { body } = await deployer.get('/v3/audit_events?types=audit.app.process.crash&per_page=5000');
  const counts = (body['resources'] as Json[]).map(({ data }) => (data as Json)['crash_count']);
  expect(counts).toEqual(Array.from({ length: 2500 }, (_, index) => index + 2));
  await deployer.job(await deployer.delete(`/v3/apps/${app}`));
  expect((await deployer.get(`/v3/audit_events/${String(first?.['guid'])}`)).status).toBe(404);
  expect((await deployer.get('/v3/audit_events')).body['pagination']).toMatchObject({ total_results: 5000 });
});

test('with dynamic security groups, an instance keeps no rules from its start', async () => {
  await pushImage(foundation.deployer, foundation.space, 'web');
  await untilRunning(1);
  expect(running()[0]).not.toHaveProperty('egress');
});

test('with security groups by restart, instances keep the rules of the last restart, also after a crash', async () => {
  const own = await startFoundation({ securityGroups: 'restart' });
  const { admin, deployer, cell } = own;
  try {
    const place = await makeSpace(deployer, 'kept');
    const app = await pushImage(deployer, place, 'web');
    const only = async (): Promise<InstanceSpec> =>
      eventually(() => (cell.running.size === 1 ? [...cell.running.values()][0] : undefined));
    const first = await only();
    const rule = { protocol: 'tcp', destination: '203.0.113.7', ports: '443' };
    const group = await admin.create('/v3/security_groups', { name: 'late', rules: [rule] });
    await admin.post(`/v3/security_groups/${group}/relationships/running_spaces`, { data: [{ guid: place }] });
    expect(cell.network?.spaces[place]?.running).toContainEqual(rule);

    cell.crash(first.instanceGuid, 'Exited with status 1');
    const second = await eventually(() =>
      [...cell.running.values()].find(({ instanceGuid }) => instanceGuid !== first.instanceGuid),
    );
    expect(second.egress).toEqual(first.egress);
    expect(first.egress).toEqual(expect.not.arrayContaining([rule]));

    await deployer.post(`/v3/apps/${app}/actions/restart`);
    const third = await eventually(() =>
      [...cell.running.values()].find(({ instanceGuid }) => instanceGuid !== second.instanceGuid),
    );
    expect(third.egress).toContainEqual(rule);
  } finally {
    await own.close();
  }
});
