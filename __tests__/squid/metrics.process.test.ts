import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { freePort, waitFor } from '@space-egress/foundation/testing';
import { parse } from 'yaml';
import { REPOSITORY } from '../../tools/platform';
import { samplesOf } from './client';
import { render } from './rules';

const SQUID = join(__dirname, '../../squid');

interface Line {
  readonly client?: string;
  readonly user?: string;
  readonly host?: string;
  readonly verdict?: string;
  readonly rule?: string;
  readonly received?: number;
  readonly sent?: number;
}

/** Lines as the proxy writes them. */
const lineOf = ({ client = '10.255.0.7', user = '-', host = 'a.example.gov', ...line }: Line = {}): string =>
  `${JSON.stringify({
    time: '2026-11-28T18:00:00.000Z',
    start: '0123456789abcdef',
    client,
    user,
    method: 'CONNECT',
    host,
    port: '443',
    verdict: line.verdict ?? 'allowed',
    rule: line.rule ?? 'listed',
    tls: host,
    status: 200,
    result: 'TCP_TUNNEL',
    address: '203.0.113.7',
    received: line.received ?? 1,
    sent: line.sent ?? 2,
    duration: 3,
  })}\n`;

type Ask = (port: number) => Promise<Response>;

const askForMetrics: Ask = (port) => fetch(`http://127.0.0.1:${port}/metrics`);

const start = (port: number) => {
  const words = ['-I', join(SQUID, 'lib'), join(SQUID, 'metrics'), String(port), '300', '100'];
  return spawn('perl', words, { stdio: ['pipe', 'pipe', 'pipe'] });
};

const listening = (port: number): Promise<void> =>
  waitFor(
    () =>
      fetch(`http://127.0.0.1:${port}/`).then(
        () => true,
        () => false,
      ),
    'the metrics',
  );

/**
 * Runs the program with a log, requests the page after it has passed the log on, and returns page, output, and exit.
 */
async function counted(log: string, ask = askForMetrics) {
  const port = await freePort();
  const program = start(port);
  try {
    let printed = '';
    program.stdout.setEncoding('utf8').on('data', (more: string) => (printed += more));
    await listening(port);
    program.stdin.write(log);
    await waitFor(() => Promise.resolve(printed.length === log.length), 'the log', 20_000);
    const answer = await ask(port);
    const page = await answer.text();
    const exit = once(program, 'exit') as Promise<[number | null]>;
    program.stdin.end();
    const [code] = await exit;
    return { page, printed, code, status: answer.status, type: answer.headers.get('content-type') };
  } finally {
    program.kill('SIGKILL');
  }
}

const valuesOf = async (log: string) => samplesOf((await counted(log)).page);

test("the log is passed on byte by byte, including lines that aren't about requests, and the program ends with it", async () => {
  const log = `not JSON "client"\n${lineOf()}${'x'.repeat(100_000)}\n${lineOf().repeat(1_000)}no end`;
  const { printed, code, page } = await counted(log);
  expect(printed).toBe(log);
  expect(code).toBe(0);
  expect(samplesOf(page).get('egress_requests_total{client="10.255.0.7",verdict="allowed",rule="listed"}')).toBe(1_001);
});

test('if no process can be started for an answer, its client gets none, and the log is still passed on', async () => {
  const port = await freePort();
  const without = 'BEGIN { *CORE::GLOBAL::fork = sub { return } } do shift; die $@ if $@';
  const words = ['-I', join(SQUID, 'lib'), '-e', without, join(SQUID, 'metrics'), String(port), '300', '100'];
  const program = spawn('perl', words, { stdio: ['pipe', 'pipe', 'inherit'] });
  try {
    const printed = text(program.stdout);
    const exit = once(program, 'exit') as Promise<[number | null]>;
    await waitFor(
      () =>
        new Promise<boolean>((resolve) => {
          const client = connect(port, '127.0.0.1', () => client.resume());
          client.once('end', () => {
            resolve(true);
          });
          client.once('error', () => {
            resolve(false);
          });
        }),
      'a connection that is closed',
    );
    program.stdin.end(lineOf());
    expect(await exit).toEqual([0, null]);
    expect(await printed).toBe(lineOf());
  } finally {
    program.kill('SIGKILL');
  }
});

test('requests are counted by client, verdict and rule, and bytes by client and by host', async () => {
  const values = await valuesOf(
    [
      lineOf({ user: 'web.1', received: 10, sent: 100 }),
      lineOf({ user: 'web.2', received: 5, sent: 50, host: 'b.example.gov' }),
      lineOf({ user: 'batch.1', verdict: 'refused', rule: 'not-listed', host: 'c.example.gov', received: 3, sent: 4 }),
      lineOf({ user: 'batch.1', verdict: 'refused', rule: 'not-listed', host: 'c.example.gov', received: 3, sent: 4 }),
      lineOf({ user: 'batch.1', verdict: 'audited', rule: 'not-listed', host: 'd.example.gov' }),
    ].join(''),
  );
  const counts = [...values].filter(([name]) => /_total|refused_hosts/.test(name));
  expect(Object.fromEntries(counts)).toEqual({
    'egress_requests_total{client="web",verdict="allowed",rule="listed"}': 2,
    'egress_requests_total{client="batch",verdict="refused",rule="not-listed"}': 2,
    'egress_requests_total{client="batch",verdict="audited",rule="not-listed"}': 1,
    'egress_client_bytes_total{client="web",direction="out"}': 15,
    'egress_client_bytes_total{client="web",direction="in"}': 150,
    'egress_client_bytes_total{client="batch",direction="out"}': 7,
    'egress_client_bytes_total{client="batch",direction="in"}': 10,
    'egress_host_bytes_total{host="a.example.gov",direction="out"}': 10,
    'egress_host_bytes_total{host="a.example.gov",direction="in"}': 100,
    'egress_host_bytes_total{host="b.example.gov",direction="out"}': 5,
    'egress_host_bytes_total{host="b.example.gov",direction="in"}': 50,
    'egress_host_bytes_total{host="d.example.gov",direction="out"}': 1,
    'egress_host_bytes_total{host="d.example.gov",direction="in"}': 2,
    egress_refused_hosts: 1,
  });
});

test('a client with wrong credentials is counted by address, whoever it claims to be', async () => {
  const values = await valuesOf(lineOf({ user: 'web.1', verdict: 'refused', rule: 'credentials' }));
  expect([...values.keys()].filter((name) => name.includes('web'))).toEqual([]);
  expect(values.get('egress_requests_total{client="10.255.0.7",verdict="refused",rule="credentials"}')).toBe(1);
});

test("names that clients make up don't create unlimited labels", async () => {
  const made = Array.from({ length: 3_000 }, (_, index) => [
    lineOf({ client: `client-${index}`, host: `host-${index}.example.gov` }),
    lineOf({ client: `client-${index}`, host: `no-${index}.example.gov`, verdict: 'refused', rule: 'not-listed' }),
  ]);
  const values = await valuesOf(made.flat().join(''));
  const sum = (start: string): number =>
    [...values].reduce((all, [name, value]) => (name.startsWith(start) ? all + value : all), 0);
  expect(values.size).toBeLessThan(2_000);
  expect(values.get('egress_refused_hosts')).toBe(1_000);
  expect(values.get('egress_host_bytes_total{host="others",direction="out"}')).toBe(2_500);
  expect(values.get('egress_requests_total{client="others",verdict="allowed",rule="listed"}')).toBe(2_800);
  expect([sum('egress_requests_total'), sum('egress_host_bytes_total')]).toEqual([6_000, 9_000]);
});

test('a client that sends nothing delays neither the log nor other clients', async () => {
  const { status, page } = await counted(lineOf(), async (port) => {
    const sockets = [1, 2].map(() => connect({ port, host: '127.0.0.1' }));
    await Promise.all(sockets.map((socket) => once(socket, 'connect')));
    const answer = await fetch(`http://127.0.0.1:${port}/metrics`);
    sockets.forEach((socket) => socket.destroy());
    return answer;
  });
  expect(status).toBe(200);
  expect(samplesOf(page).get('egress_healthy')).toBe(0);
});

test('it answers as Prometheus reads it, and nothing but the metrics', async () => {
  expect(await counted('')).toMatchObject({ status: 200, type: 'text/plain; version=0.0.4; charset=utf-8' });
  const other = await counted('', (port) => fetch(`http://127.0.0.1:${port}/`));
  expect(other).toMatchObject({ status: 404, page: 'the metrics are at /metrics\n' });
  const posted = await counted('', (port) => fetch(`http://127.0.0.1:${port}/metrics`, { method: 'POST' }));
  expect(posted.status).toBe(404);
});

test.each(['1023', '61001', '3128', '8080', '2222', 'any', '9301x', '9301\n', '0x2455'])(
  'the proxy does not start with metrics on port %j, and says which it can be',
  (port) => {
    const { status, stderr } = render({ EGRESS_METRICS: port });
    expect([status, stderr]).toEqual([
      1,
      expect.stringMatching(
        /^egress-proxy: EGRESS_METRICS: ".*" is not a port to listen on: use a number from 1024 to 60999 except 2222 3128 8080$/m,
      ),
    ]);
  },
);

test('a port that is in use is reported, and the program ends', async () => {
  const port = await freePort();
  const first = start(port);
  try {
    await listening(port);
    const second = start(port);
    const said = text(second.stderr);
    const [code] = (await once(second, 'exit')) as [number | null];
    expect([code, await said]).toEqual([
      1,
      expect.stringContaining(`egress-proxy: metrics: cannot listen on port ${port}: `),
    ]);
  } finally {
    first.kill('SIGKILL');
  }
});

const FOLDER = join(REPOSITORY, 'docs/metrics');

/** `npm run test:alerts` fails if it can't be found. */
const PROMTOOL = process.env.PROMTOOL ?? 'promtool';
const wanted = process.env.PROMTOOL !== undefined || spawnSync(PROMTOOL, ['--version']).status === 0;
const testOfPrometheus = wanted ? test : test.skip;

const promtool = (...words: string[]): string => execFileSync(PROMTOOL, words, { cwd: FOLDER, encoding: 'utf8' });

interface Group {
  readonly rules: readonly { readonly expr: string; readonly record?: string }[];
}

test('the alert rules ask for metrics that exist', async () => {
  const { groups } = parse(readFileSync(join(FOLDER, 'alerts.yml'), 'utf8')) as { readonly groups: readonly Group[] };
  const asked = groups.flatMap(({ rules }) =>
    rules.flatMap(({ expr }) => expr.match(/(?<!:)\begress_[a-z_]+(?!:)\b/g) ?? []),
  );
  const answered = [...(await counted('')).page.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name);
  expect(answered.length).toBeGreaterThan(8);
  expect(asked.length).toBeGreaterThan(4);
  expect(asked.filter((name) => !answered.includes(name))).toEqual([]);
});

testOfPrometheus('promtool accepts the alert rules, and their tests pass', () => {
  expect(promtool('check', 'rules', 'alerts.yml')).toContain('SUCCESS');
  expect(promtool('test', 'rules', 'alerts.test.yml')).toContain('SUCCESS');
});

testOfPrometheus('promtool accepts the metrics', async () => {
  const refused = { verdict: 'refused', rule: 'not-listed' };
  const { page } = await counted(lineOf({ user: 'web.1', host: 'a\\b' }) + lineOf(refused));
  expect(spawnSync(PROMTOOL, ['check', 'metrics'], { input: page, encoding: 'utf8' })).toMatchObject({
    status: 0,
    stderr: '',
  });
});
