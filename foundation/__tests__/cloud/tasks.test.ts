/** The lifecycle of tasks, with an in-memory cell. */
import type { InstanceSpec } from '../../src/cell/cell';
import { MemoryCell } from '../../src/cell/memory-cell';
import { MemoryStore } from '../../src/store/store';
import {
  eventually,
  foundationForEach,
  makeSpace,
  pushImage,
  startFoundation,
  toOne,
  type Json,
} from '../../testing/harness';

let refused: string | undefined;
const foundation = foundationForEach({
  cell: { fate: ({ task }) => (task === refused ? 'refuse' : 'run') },
  space: 'space',
});
let app: string;

beforeEach(async () => {
  refused = undefined;
  app = await pushImage(foundation.deployer, foundation.space, 'web', '  env: {A: "1"}\n  memory: 64M\n');
});

const run = async (body: Json): Promise<string> => {
  const reply = await foundation.deployer.post(`/v3/apps/${app}/tasks`, body);
  expect([reply.status, reply.text]).toEqual([202, expect.any(String)]);
  return String(reply.body['guid']);
};

const read = async (task: string): Promise<Json> => (await foundation.deployer.get(`/v3/tasks/${task}`)).body;

const until = (task: string, state: string): Promise<Json> =>
  eventually(async () => {
    const body = await read(task);
    return body['state'] === state ? body : undefined;
  });

const tasksOf = (cell: MemoryCell): InstanceSpec[] => [...cell.running.values()].filter((spec) => spec.task);

const detail = (body: Json): unknown => (body['errors'] as Json[])[0]?.['detail'];

test('a task runs with the droplet and the environment of its application, without a port, and succeeds', async () => {
  const task = await run({ command: 'rake db:migrate', name: 'migrate', memory_in_mb: 32, disk_in_mb: 48 });
  await until(task, 'RUNNING');
  const [spec] = tasksOf(foundation.cell);
  expect(spec).toMatchObject({
    instanceGuid: task,
    appGuid: app,
    spaceGuid: foundation.space,
    task: 'migrate',
    command: 'rake db:migrate',
    droplet: { kind: 'docker', image: 'image' },
    memory: 32,
    disk: 48,
    ports: [],
    env: { A: '1', MEMORY_LIMIT: '32m', VCAP_SERVICES: '{}' },
  });
  expect(Object.keys(spec?.env ?? {})).not.toContain('PORT');
  foundation.cell.exit(task, 0);
  expect(await until(task, 'SUCCEEDED')).toMatchObject({
    sequence_id: 1,
    name: 'migrate',
    command: 'rake db:migrate',
    memory_in_mb: 32,
    disk_in_mb: 48,
    result: { failure_reason: null },
    relationships: { app: { data: { guid: app } } },
  });
});

test('a task that exits with another status has failed, with the reason', async () => {
  const task = await run({ command: 'false', name: 'job' });
  await until(task, 'RUNNING');
  foundation.cell.exit(task, 4);
  expect(await until(task, 'FAILED')).toMatchObject({
    result: { failure_reason: 'APP/TASK/job: Exited with status 4' },
  });
});

test("a task that can't be started has failed, with the reason", async () => {
  refused = 'never';
  expect(await until(await run({ command: 'true', name: 'never' }), 'FAILED')).toMatchObject({
    result: { failure_reason: "instance of web can't be started" },
  });
});

test('a canceled task is stopped and has failed, and cannot be canceled again', async () => {
  const task = await run({ command: 'sleep 1000' });
  await until(task, 'RUNNING');
  const canceled = await foundation.deployer.post(`/v3/tasks/${task}/actions/cancel`);
  expect([canceled.status, canceled.body['state']]).toEqual([202, 'CANCELING']);
  expect(await until(task, 'FAILED')).toMatchObject({ result: { failure_reason: 'task was cancelled' } });
  expect(tasksOf(foundation.cell)).toEqual([]);
  const again = await foundation.deployer.send('PUT', `/v3/tasks/${task}/cancel`);
  expect([again.status, detail(again.body)]).toEqual([422, 'Task state is FAILED and therefore cannot be canceled']);
});

test('deleting an application ends its tasks, but stopping it does not', async () => {
  const task = await run({ command: 'sleep 1000' });
  await until(task, 'RUNNING');
  await foundation.deployer.post(`/v3/apps/${app}/actions/stop`);
  await eventually(() => foundation.cell.running.size === 1 || undefined);
  expect(tasksOf(foundation.cell)).toHaveLength(1);
  await foundation.deployer.job(await foundation.deployer.delete(`/v3/apps/${app}`));
  await eventually(() => foundation.cell.running.size === 0 || undefined);
  expect((await foundation.deployer.get(`/v3/tasks/${task}`)).status).toBe(404);
});

test('tasks of an application are numbered, and found by name, state, and number', async () => {
  const first = await run({ command: 'true', name: 'first' });
  const second = await run({ command: 'true', name: 'second' });
  await until(first, 'RUNNING');
  foundation.cell.exit(first, 0);
  await until(first, 'SUCCEEDED');
  const find = (query: string) => foundation.deployer.find(`/v3/apps/${app}/tasks?${query}`);
  expect([await find('names=second'), await find('states=SUCCEEDED'), await find('sequence_ids=2')]).toEqual([
    second,
    first,
    second,
  ]);
  const { text } = await foundation.deployer.get(
    `/v3/tasks?app_guids=${app}&space_guids=${foundation.space}&order_by=-created_at`,
  );
  expect(text).not.toContain('"command"');
});

test('a process serves as template', async () => {
  const process = await foundation.deployer.find(`/v3/processes?app_guids=${app}`);
  await foundation.deployer.patch(`/v3/processes/${process}`, { command: 'run me' });
  expect(await read(await run({ template: { process: { guid: process } } }))).toMatchObject({
    command: 'run me',
    memory_in_mb: 64,
  });
});

test.each([
  ['no command', { name: 'x' }, 422, 'No command provided, and the template process has none either'],
  ['a long one', { command: 'x'.repeat(4097) }, 422, 'Command must be shorter than 4097 characters'],
  ['no memory', { command: 'x', memory_in_mb: 0 }, 422, 'Memory in mb must be greater than 0'],
  ['a droplet that is not there', { command: 'x', droplet_guid: 'none' }, 404, 'Droplet not found'],
])('a task with %s is refused', async (_what, body, status, message) => {
  const reply = await foundation.deployer.post(`/v3/apps/${app}/tasks`, body);
  expect([reply.status, detail(reply.body)]).toEqual([status, message]);
});

test('an application that was never staged has no tasks', async () => {
  const empty = await foundation.deployer.create('/v3/apps', {
    name: 'empty',
    relationships: { space: toOne(foundation.space) },
  });
  const { body } = await foundation.deployer.post(`/v3/apps/${empty}/tasks`, { command: 'true' });
  expect(detail(body)).toBe('Task must have a droplet. Specify droplet or assign current droplet to app.');
});

test('tasks count against the memory quota until they end', async () => {
  const organization = await foundation.deployer.find('/v3/organizations');
  await foundation.deployer.create('/v3/space_quotas', {
    name: 'small',
    apps: { total_memory_in_mb: 128, per_process_memory_in_mb: 64 },
    relationships: { organization: toOne(organization), spaces: { data: [{ guid: foundation.space }] } },
  });
  const ask = (body: Json) => foundation.deployer.post(`/v3/apps/${app}/tasks`, { command: 'true', ...body });
  expect(detail((await ask({ memory_in_mb: 65 })).body)).toBe('memory_in_mb exceeds space memory quota');
  const task = await run({ command: 'true', memory_in_mb: 64 });
  expect(detail((await ask({ memory_in_mb: 1 })).body)).toBe('memory_in_mb exceeds space memory quota');
  await until(task, 'RUNNING');
  foundation.cell.exit(task, 0);
  await until(task, 'SUCCEEDED');
  await foundation.deployer.post(`/v3/apps/${app}/actions/stop`);
  expect(detail((await ask({ memory_in_mb: 65 })).body)).toBe('memory_in_mb exceeds space instance memory quota');
  await run({ command: 'true', memory_in_mb: 64 });
});

test('after a restart of the foundation, a running task continues, a lost one has failed, and a pending one starts', async () => {
  const store = new MemoryStore();
  const cell = new MemoryCell({ fate: ({ task }) => (task === 'waits' ? 'hang' : 'run') });
  store.close = () => undefined;
  const first = await startFoundation({ store, memoryCell: cell });
  const place = await makeSpace(first.deployer, 'kept');
  const kept = await pushImage(first.deployer, place, 'kept');
  const made = async (name: string): Promise<string> =>
    String((await first.deployer.post(`/v3/apps/${kept}/tasks`, { command: 'true', name })).body['guid']);
  const [goesOn, gone, waits] = [await made('goes-on'), await made('gone'), await made('waits')];
  await eventually(() => tasksOf(cell).length === 3 || undefined);
  await eventually(() => first.service.cloud.state.tasks.get(gone)?.state === 'RUNNING' || undefined);
  await first.close();
  cell.running.delete(gone);
  cell.running.delete(waits);
  const begun = cell.history.length;
  const second = await startFoundation({ store, memoryCell: cell });
  try {
    const stateOf = (guid: string) => {
      const { state, failureReason } = second.service.cloud.state.tasks.expect(guid);
      return [state, failureReason];
    };
    await eventually(() => cell.history.length === begun + 1 || undefined);
    expect([stateOf(goesOn), stateOf(gone), stateOf(waits)]).toEqual([
      ['RUNNING', null],
      ['FAILED', 'cell disappeared before completion'],
      ['PENDING', null],
    ]);
    expect(cell.running.has(waits)).toBe(true);
    cell.exit(goesOn, 0);
    expect(stateOf(goesOn)).toEqual(['SUCCEEDED', null]);
  } finally {
    await second.close();
  }
});
