/** Tasks as containers: they run once, under the rules of their application, and are found again after a restart. */
import type { InstanceSpec, PolicyRule } from '../../src/cell/cell';
import { eventually, Playground, PROCESS } from './support/playground';

let ground: Playground;
let server: string;

const POLICY: PolicyRule = {
  sourceAppGuid: 'app',
  destinationAppGuid: 'server',
  protocol: 'tcp',
  startPort: 8080,
  endPort: 8080,
};

beforeAll(async () => {
  ground = await Playground.open(0);
  server = (await ground.run({ appGuid: 'server' })).address;
}, 180_000);

afterAll(() => ground.close());

const taskSpec = (task: string, command: string, over: Partial<InstanceSpec> = {}): InstanceSpec =>
  ground.spec({ task, command, processType: 'task', ports: [], healthCheck: PROCESS, ...over });

/** The task's output by the time its end is reported. */
const printed = async (name: string, command: string, over: Partial<InstanceSpec> = {}): Promise<string[]> => {
  const spec = taskSpec(name, command, over);
  await ground.cell.start(spec);
  await ground.reported(spec.instanceGuid, 'CRASHED');
  return ground.cell
    .logs(spec.appGuid)
    .filter(({ source }) => source === `APP/TASK/${name}`)
    .map(({ message }) => message);
};

/** Whether the task can connect. */
const dial = async (name: string, host: string, port: number, over: Partial<InstanceSpec> = {}): Promise<unknown> =>
  (await printed(name, `exec dial ${host} ${port}`, over))[0]?.replace(/ \d+$/, '');

test.each([0, 3])(
  'a task that exits with %d reports it after its last line, and leaves nothing behind',
  async (status) => {
    const name = `ends-${status}`;
    const spec = taskSpec(name, `echo "$A"; exit ${status}`, { env: { A: 'last words' } });
    await ground.cell.start(spec);
    const { exitStatus, details } = await ground.reported(spec.instanceGuid, 'CRASHED');
    expect([exitStatus, details]).toEqual([status, `Exited with status ${status}`]);
    const lines = ground.cell.logs('app').filter(({ source }) => source === `APP/TASK/${name}`);
    expect(lines.map(({ message }) => message)).toEqual(['last words', `Exit status ${status}`]);
    await eventually(
      async () => (await ground.containers(`space-egress.instance=${spec.instanceGuid}`)).length === 0 || undefined,
      'its containers to be gone',
    );
  },
);

test("a task has the security groups of its application's space while it runs, and not those of staging", async () => {
  await ground.apply({ spaces: {}, policies: [] });
  expect(await dial('closed', ground.site, 80)).toBe('ECONNREFUSED');
  await ground.bind({ protocol: 'tcp', destination: ground.site, ports: '80' });
  expect([await dial('open', ground.site, 80), await dial('other', ground.site, 443)]).toEqual([
    'open',
    'ECONNREFUSED',
  ]);
  const groups = { running: [], staging: [{ protocol: 'all', destination: '0.0.0.0/0' } as const] };
  await ground.apply({ spaces: { space: groups } });
  expect(await dial('staging', ground.site, 80)).toBe('ECONNREFUSED');
});

test("a task has its application's policies, and nobody else's", async () => {
  await ground.apply({ spaces: {}, policies: [] });
  expect(await dial('no-policy', server, 8080)).toBe('ECONNREFUSED');
  await ground.allow(POLICY);
  expect(await dial('policy', server, 8080)).toBe('open');
  expect(await dial('stranger', server, 8080, { appGuid: 'stranger' })).toBe('ECONNREFUSED');
});

test('a task gets no requests from routes', async () => {
  const destinations = [{ appGuid: 'app', processType: 'task', port: 8080 }];
  await ground.apply({ routes: [{ hostname: 'task.apps.internal', path: '', internal: true, destinations }] });
  const name = `perl -e 'exit !gethostbyname("task.apps.internal")'`;
  const lines = await printed('nameless', `sleep 0.5; ${name}`);
  expect(lines).toEqual(['Exit status 1']);
  await ground.apply({ routes: [] });
});

test('a stopped task ends without a report of an exit', async () => {
  const { spec } = await ground.run(taskSpec('stopped', 'exec sleep 60'));
  await ground.cell.stop(spec.instanceGuid);
  expect(await ground.containers(`space-egress.instance=${spec.instanceGuid}`)).toEqual([]);
  const states = ground.reports
    .filter(({ instanceGuid }) => instanceGuid === spec.instanceGuid)
    .map(({ state }) => state);
  expect(states).toEqual(['STARTING', 'RUNNING', 'STOPPING']);
});

test('the next cell takes over a running task, and reports the exit of one that ended meanwhile', async () => {
  const going = (await ground.run(taskSpec('going', 'exec sleep 60'))).spec;
  const ended = (await ground.run(taskSpec('ended', 'until [ -e /go ]; do sleep 0.1; done; echo done; exit 3'))).spec;
  const container = await ground.container('app', ended.instanceGuid);
  await ground.cell.close();
  await ground.execute(container, ['touch', '/go']);
  await container.wait();
  ground.reports.length = 0;
  ground.cell = await ground.openCell();
  const reports = await ground.cell.recover([going, ended], ground.network);
  expect(reports.map(({ instanceGuid }) => instanceGuid).sort()).toEqual(
    [going.instanceGuid, ended.instanceGuid].sort(),
  );
  expect(await ground.reported(ended.instanceGuid, 'CRASHED')).toMatchObject({ exitStatus: 3 });
  expect(ground.cell.logs('app').map(({ source, message }) => `${source} ${message}`)).toEqual(
    expect.arrayContaining(['APP/TASK/ended done', 'APP/TASK/ended Exit status 3']),
  );
  await ground.reported(going.instanceGuid, 'RUNNING');
  await ground.cell.stop(going.instanceGuid);
});
