import { Resolver } from 'node:dns/promises';
import { dirname } from 'node:path';
import type { RouteRule } from '../../src/cell/cell';
import { ask, type HttpAnswer } from '../../testing/system';
import { eventually, HTTP, Playground, PORT, PROCESS } from './support/playground';

jest.setTimeout(90_000);

const DRAIN = 2000;

let ground: Playground;
let resolver: Resolver;

const DESTINATIONS = [{ appGuid: 'app', processType: 'web', port: 8080 }];
const PUBLIC: RouteRule = { hostname: 'demo.apps.localhost', path: '', internal: false, destinations: DESTINATIONS };
const INTERNAL: RouteRule = { ...PUBLIC, hostname: 'demo.apps.internal', internal: true };

beforeAll(async () => {
  ground = await Playground.open(DRAIN);
  resolver = new Resolver({ timeout: 20_000, tries: 1 });
  resolver.setServers([ground.address]);
  await ground.apply({ routes: [PUBLIC, INTERNAL] });
}, 180_000);

afterAll(() => ground.close());

const get = (host: string): Promise<HttpAnswer> =>
  ask({ host: ground.address, port: ground.cell.routerPort, headers: { host } });

/** Two requests to a sidecar on 9090. */
const ASK_TWICE = `use IO::Socket::INET;
for my $request (1, 2) {
  my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => 9090) or exit 1;
  print $socket "GET / HTTP/1.0\\r\\n\\r\\n";
  while (my $line = <$socket>) {}
}`;

/** An empty answer is an error to this resolver. */
function resolve(name: string): Promise<string[]> {
  return resolver.resolve4(name).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENODATA') return [];
    throw error;
  });
}

/** Sizes of the engine's log files of an instance, which only root can read. */
async function logFiles(instanceGuid: string): Promise<() => Promise<number[]>> {
  const { LogPath: path } = await (await ground.container('app', instanceGuid)).inspect();
  const observer = await ground.docker.createContainer({
    Image: ground.image,
    Cmd: ['sleep', 'infinity'],
    Labels: { 'space-egress.foundation': ground.settings.name, 'space-egress.role': 'staging' },
    HostConfig: { NetworkMode: 'none', Binds: [`${dirname(path)}:/log:ro`] },
  });
  await observer.start();
  return async () => {
    const printed = await ground.execute(observer, ['sh', '-c', "stat -c '%s' /log/*.log* 2>&1"]);
    return printed
      .split('\n')
      .filter((line) => /^\d+$/.test(line))
      .map(Number);
  };
}

function messages(appGuid = 'app'): string[] {
  return ground.cell.logs(appGuid).map(({ source, message }) => `${source} ${message}`);
}

test('an instance is RUNNING once its health check passes, and answers at its routes', async () => {
  const { spec, address } = await ground.run({ command: 'sleep 1; exec serve 8080' });
  const states = ground.reports
    .filter(({ instanceGuid }) => instanceGuid === spec.instanceGuid)
    .map(({ state }) => state);
  expect(states).toEqual(['STARTING', 'RUNNING']);

  const answer = await get('demo.apps.localhost:8701');
  expect(answer.status).toBe(200);
  expect(answer.body).toContain('instance 0\n');
  expect(answer.body).toContain(`client ${ground.address}\n`);
  expect(await resolve('DEMO.apps.internal')).toEqual([address]);
  expect(await resolve('0.demo.apps.internal')).toEqual([address]);
  expect(await resolve('1.demo.apps.internal')).toEqual([]);
  expect((await get('demo.apps.internal')).status).toBe(404);

  await ground.cell.stop(spec.instanceGuid);
  expect(await resolve('demo.apps.internal')).toEqual([]);
  expect((await get('demo.apps.localhost')).status).toBe(404);
});

test('a stopping instance gets TERM first, and leaves DNS and router after the drain delay', async () => {
  const { spec, address } = await ground.run({ env: { LAST_WORDS: '6' } });
  const begun = performance.now();
  const stopped = ground.cell.stop(spec.instanceGuid);
  /** When it was last seen there. */
  let there = 0;
  const left = await eventually(async () => {
    const looked = Date.now();
    const addresses = await resolve('demo.apps.internal');
    if (addresses.length === 0) return Date.now();
    expect(addresses).toEqual([address]);
    there = looked;
    return undefined;
  }, 'the drain');
  expect(performance.now() - begun).toBeGreaterThan(DRAIN);
  expect((await get('demo.apps.localhost')).status).toBe(404);
  await stopped;
  // By the times of the lines, since the log may arrive late.
  const loggedAt = (words: RegExp): number => {
    const line = ground.cell
      .logs('app')
      .find(({ instanceGuid, message }) => instanceGuid === spec.instanceGuid && words.test(message));
    return Number(line?.timestamp) / 1e6;
  };
  expect(loggedAt(/^got TERM$/)).toBeLessThan(there);
  expect(loggedAt(/^Exit status 0$/)).toBeGreaterThan(left);
  expect(await ground.containers(`space-egress.instance=${spec.instanceGuid}`)).toEqual([]);
});

test('an instance that ignores TERM is killed after 10 s, and the log says so', async () => {
  const { spec } = await ground.run({ command: "trap '' TERM; serve 8080 & while :; do sleep 1; done" });
  const begun = Date.now();
  await ground.cell.stop(spec.instanceGuid);
  expect(Date.now() - begun).toBeGreaterThan(10_000);
  expect(messages()).toContain('APP/PROC/WEB Exit status 137 (exceeded 10s graceful shutdown interval)');
});

test('a process that exits is a crash, whatever its status, and leaves nothing behind', async () => {
  for (const status of [0, 3]) {
    const spec = ground.spec({ command: `exit ${status}`, healthCheck: PROCESS });
    await ground.cell.start(spec);
    const report = await ground.reported(spec.instanceGuid, 'CRASHED');
    expect(report.details).toBe(`APP/PROC/WEB: Exited with status ${status}`);
    await ground.cell.stop(spec.instanceGuid);
    expect(await ground.containers(`space-egress.instance=${spec.instanceGuid}`)).toEqual([]);
  }
});

test("the instance's last output can be read as soon as a crash is reported", async () => {
  let read: readonly string[] = [];
  const spec = ground.spec({ appGuid: 'talkative', command: 'seq 1000; exit 3', healthCheck: PROCESS });
  ground.cell.onReport(({ instanceGuid, state }) => {
    if (instanceGuid === spec.instanceGuid && state === 'CRASHED') read = messages('talkative');
  });
  await ground.cell.start(spec);
  await ground.reported(spec.instanceGuid, 'CRASHED');
  const printed = read.filter((line) => line.startsWith('APP/'));
  expect(printed.slice(-2)).toEqual(['APP/PROC/WEB 1000', 'APP/PROC/WEB Exit status 3']);
  await ground.cell.stop(spec.instanceGuid);
});

test('an instance whose holder is killed crashes, and its addresses are released', async () => {
  const { spec } = await ground.run({ healthCheck: PROCESS });
  await (await ground.container('holder', spec.instanceGuid)).kill();
  const report = await ground.reported(spec.instanceGuid, 'CRASHED');
  expect(report.details).toBe('Its network is gone: the container that held it has ended');
  await ground.cell.stop(spec.instanceGuid);
  expect(await ground.containers(`space-egress.instance=${spec.instanceGuid}`)).toEqual([]);
  const next = await ground.run();
  expect(await resolve('demo.apps.internal')).toEqual([next.address]);
  await ground.cell.stop(next.spec.instanceGuid);
});

test("the log keeps an instance's output from before a crash", async () => {
  const command = 'echo out; echo err >&2; exit 1';
  const spec = ground.spec({ appGuid: 'talker', command, healthCheck: PROCESS, index: 2 });
  await ground.cell.start(spec);
  await ground.logged('talker', /Exit status 1/);
  const said = ground.cell.logs('talker').filter(({ source }) => source === 'APP/PROC/WEB');
  expect(said.map(({ stream, message, instanceIndex }) => [stream, message, instanceIndex])).toEqual(
    expect.arrayContaining([
      ['OUT', 'out', '2'],
      ['ERR', 'err', '2'],
      ['OUT', 'Exit status 1', '2'],
    ]),
  );
});

test('a flood of lines fills neither memory nor disk, and the log notes that lines were dropped', async () => {
  const flood = ground.spec({ appGuid: 'flood', command: 'exec yes "$(printf %0500d 7)"', healthCheck: PROCESS });
  await ground.cell.start(flood);
  await ground.logged(
    'flood',
    /^app instance exceeded log rate limit \(5000 log-lines\/sec\) set by platform operator$/,
  );
  const sizes = await logFiles(flood.instanceGuid);
  // Both files were full, so another was started.
  await eventually(async () => ((await sizes()).length > 1 ? true : undefined), 'the log to be rotated', 60);
  expect((await sizes()).reduce((sum, size) => sum + size, 0)).toBeLessThan(11e6);
  expect(ground.cell.logs('flood').length).toBeLessThanOrEqual(10_000);

  // Others are still served and logged.
  const { spec } = await ground.run();
  expect((await get('demo.apps.localhost')).status).toBe(200);
  await ground.cell.stop(flood.instanceGuid);
  expect(ground.cell.logs('flood').at(-1)?.message).toMatch(/^Exit status |^Cell /);
  await ground.cell.stop(spec.instanceGuid);
});

test("lines beyond an instance's log rate are dropped", async () => {
  // Printed at once, so the limit does not recover meanwhile.
  const command = 'printf "%040d\\n" 1 2 3 4 5 6 7 8 9; exec sleep 60';
  const spec = ground.spec({ appGuid: 'limited', command, healthCheck: PROCESS, logRateLimit: 100 });
  await ground.cell.start(spec);
  await ground.logged('limited', /^app instance exceeded log rate limit \(100 bytes\/sec\)$/);
  await ground.cell.stop(spec.instanceGuid);
  const said = ground.cell.logs('limited').filter(({ source }) => source === 'APP/PROC/WEB');
  expect(said.filter(({ message }) => /^0+\d$/.test(message)).length).toBeLessThanOrEqual(4);
});

test('the usage of an instance includes its log rate', async () => {
  const command = 'while :; do printf "%0999d\\n" 1; sleep 0.1; done';
  const { spec } = await ground.run({ appGuid: 'talker', command, healthCheck: PROCESS });
  const rate = async (): Promise<number> => (await ground.cell.usage(spec.instanceGuid))?.logRate ?? 0;
  let seen = 0;
  await ground.logged('talker', /^0+1$/);
  for (let look = 0; look < 200 && seen === 0; look += 1) seen = await rate();
  expect(seen).toBeGreaterThan(0);
  expect(seen).toBeLessThan(20_000);
  await ground.cell.stop(spec.instanceGuid);
});

test('an instance that exceeds its memory is reported as out of memory', async () => {
  // A busy engine sometimes misses the kernel's notification.
  const said: (string | undefined)[] = [];
  for (
    let attempt = 0;
    attempt < 5 && !said.includes('APP/PROC/WEB: Exited with status 137 (out of memory)');
    attempt += 1
  ) {
    const command = `exec perl -e 'my $x = "x" x 2e9; sleep 60'`;
    const spec = ground.spec({ command, healthCheck: PROCESS, memory: 32 });
    await ground.cell.start(spec);
    said.push((await ground.reported(spec.instanceGuid, 'CRASHED')).details);
  }
  expect(said.slice(0, -1)).toEqual(said.slice(1).map(() => 'APP/PROC/WEB: Exited with status 137'));
  expect(said.at(-1)).toBe('APP/PROC/WEB: Exited with status 137 (out of memory)');
});

test('an instance that never becomes healthy crashes at its timeout, with the reason', async () => {
  const spec = ground.spec({ command: 'exec sleep 60', healthCheck: { ...PORT, timeout: 1 } });
  await ground.cell.start(spec);
  const report = await ground.reported(spec.instanceGuid, 'CRASHED');
  expect(report.details).toBe(
    'Instance never healthy after 1s: Failed to make TCP connection to port 8080: connection refused',
  );
});

test('an instance that is not ready keeps running, without routes and names until it is ready', async () => {
  const readinessCheck = { type: 'http', endpoint: '/ready', interval: 1, invocationTimeout: 30 } as const;
  const { spec, address } = await ground.run({ readinessCheck });
  const { instanceGuid } = spec;
  const known = async (): Promise<string> =>
    JSON.stringify([
      (await get('demo.apps.localhost')).status,
      await resolve('demo.apps.internal'),
      ground.reports.findLast((report) => report.instanceGuid === instanceGuid)?.routable,
    ]);
  expect(await known()).toBe('[404,[],false]');
  for (const [command, state] of [
    ['touch', [200, [address], true]],
    ['rm', [404, [], false]],
  ] as const) {
    await ground.inside(instanceGuid, command, '/tmp/ready');
    const met = async (): Promise<true | undefined> => (await known()) === JSON.stringify(state) || undefined;
    await eventually(met, `an instance that is ready: ${String(state[2])}`);
  }
  expect(messages().filter((line) => /^HEALTH (Starting|Container) /.test(line))).toEqual([
    'HEALTH Starting readiness health monitoring of container',
    'HEALTH Container passed the readiness health check. Container marked ready and added to route pool.',
    'HEALTH Container failed the readiness health check. Container marked not ready and removed from route pool.',
  ]);
  await ground.cell.stop(instanceGuid);
});

test('an instance that becomes unhealthy crashes', async () => {
  const { spec } = await ground.run({ env: { FAIL_AFTER: '2' }, healthCheck: { ...HTTP, interval: 1 } });
  const report = await ground.reported(spec.instanceGuid, 'CRASHED');
  expect(report.details).toBe(
    "Instance became unhealthy: HTTP request to '/' on port 8080 returned status code 500, not 200",
  );
});

test('a failed start rejects and leaves nothing behind', async () => {
  const spec = ground.spec({ droplet: { kind: 'docker', image: 'localhost:1/nowhere/nothing:1' } });
  await expect(ground.cell.start(spec)).rejects.toThrow('failed to pull image "localhost:1/nowhere/nothing:1"');
  expect(await ground.containers(`space-egress.instance=${spec.instanceGuid}`)).toEqual([]);
});

test("an image that can't be pulled is refused with the remedy", async () => {
  await expect(ground.cell.inspectImage('localhost:1/nowhere/nothing:1')).rejects.toThrow(
    /^failed to pull image "localhost:1\/nowhere\/nothing:1": .*; check its name and tag/,
  );
});

test("an application gets its environment, and the platform's trusted certificates", async () => {
  const { spec, address } = await ground.run({ env: { GREETING: 'a b=$c' }, index: 4, healthCheck: PROCESS });
  const own = (await ground.inside(spec.instanceGuid, 'env')).split('\n');
  expect(own).toEqual(
    expect.arrayContaining([
      'GREETING=a b=$c',
      `CF_INSTANCE_GUID=${spec.instanceGuid}`,
      'CF_INSTANCE_INDEX=4',
      `CF_INSTANCE_IP=${ground.address}`,
      `CF_INSTANCE_INTERNAL_IP=${address}`,
      'CF_INSTANCE_PORTS=[{"internal":8080,"internal_tls_proxy":61443}]',
      'CF_INSTANCE_CERT=/etc/cf-instance-credentials/instance.crt',
      'CF_INSTANCE_KEY=/etc/cf-instance-credentials/instance.key',
      'CF_SYSTEM_CERT_PATH=/etc/cf-system-certificates',
    ]),
  );
  expect(await ground.inside(spec.instanceGuid, 'cat', '/etc/cf-system-certificates/trusted-ca-1.crt')).toBe(
    'a certificate\n',
  );
  const usage = await ground.cell.usage(spec.instanceGuid);
  expect(usage?.memory).toBeGreaterThan(0);
  await ground.cell.stop(spec.instanceGuid);
  expect(await ground.cell.usage(spec.instanceGuid)).toBeUndefined();
});

test('the next cell adopts instances that run as specified, and removes everything else of this foundation', async () => {
  const kept = await ground.run({ env: { LAST_WORDS: '0' } });
  const changed = await ground.run({ appGuid: 'changed' });
  const forgotten = await ground.run({ appGuid: 'forgotten' });
  await ground.cell.close();
  ground.cell = await ground.openCell();
  expect(ground.cell.routerPort).toBeUndefined();
  await expect(resolve('demo.apps.internal')).rejects.toMatchObject({ code: 'ECONNREFUSED' });

  const specs = [kept.spec, { ...changed.spec, memory: 65 }];
  const group = { protocol: 'tcp', destination: ground.site, ports: '80' } as const;
  ground.network = { ...ground.network, revision: 99, spaces: { space: { running: [group], staging: [] } } };
  const reports = await ground.cell.recover(specs, ground.network);

  expect(reports).toEqual([
    {
      instanceGuid: kept.spec.instanceGuid,
      state: 'RUNNING',
      routable: true,
      address: kept.address,
      since: expect.any(Number) as number,
    },
  ]);
  expect(ground.cell.appliedRevision).toBe(99);
  const left = await ground.containers();
  expect(left.map(({ Labels }) => [Labels['space-egress.role'], Labels['space-egress.instance']]).sort()).toEqual([
    ['app', kept.spec.instanceGuid],
    ['holder', kept.spec.instanceGuid],
    ['internet', undefined],
  ]);
  expect((await get('demo.apps.localhost')).status).toBe(200);
  expect(await resolve('demo.apps.internal')).toEqual([kept.address]);
  expect((await ground.dial(kept.spec.instanceGuid, ground.site, 80)).result).toBe('open');
  await ground.logged('app', /^listening/);
  expect(messages().filter((line) => line.startsWith('APP/PROC/WEB listening'))).toHaveLength(1);
  const fresh = await ground.run({ appGuid: 'fresh' });
  expect(fresh.address).not.toBe(kept.address);
  await ground.cell.stop(fresh.spec.instanceGuid);
  await ground.cell.stop(kept.spec.instanceGuid);
  expect(forgotten.address).not.toBe(kept.address);
});

test('sidecars run in the container of the process, share its network, and end it when they exit', async () => {
  const { spec } = await ground.run({
    appGuid: 'company',
    env: { MEMORY_LIMIT: '32m', EXIT_STATUS: '7' },
    sidecars: [
      { name: 'watch', command: 'echo "watch $MEMORY_LIMIT"; export EXIT_AFTER=1; exec serve 9090', memory: 32 },
    ],
  });
  const { instanceGuid } = spec;
  await ground.logged('company', /^watch 32m$/);
  await ground.logged('company', /^listening on 9090$/);
  // Over the loopback interface that both share; the second request ends the sidecar.
  await ground.dial(instanceGuid, '127.0.0.1', 9090);
  await ground.inside(instanceGuid, 'perl', '-e', ASK_TWICE);
  const { details } = await ground.reported(instanceGuid, 'CRASHED');
  expect(details).toBe('APP/PROC/WEB/SIDECAR/WATCH: Exited with status 7');
  const said = ground.cell.logs('company').map(({ source, message }) => `${source} ${message}`);
  expect(said).toContain('APP/PROC/WEB/SIDECAR/WATCH watch 32m');
  expect(said).toContain('APP/PROC/WEB/SIDECAR/WATCH listening on 9090');
  expect(said).toContain('APP/PROC/WEB got TERM');
  expect(said.filter((line) => line.includes('Exit status'))).toEqual([
    expect.stringMatching(/^APP\/PROC\/WEB Exit status \d+$/),
    'APP/PROC/WEB/SIDECAR/WATCH Exit status 7',
  ]);
});
