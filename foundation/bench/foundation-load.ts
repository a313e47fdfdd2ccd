import type { Benchmark, Print } from '../../bench/benchmark';
import type { Chart } from '../../bench/chart';
import { median, quantile, timeOf } from '../../bench/times';
import { table } from '../../tools/markdown';
import { ask } from '../testing/system';
import { describeMemory, publish, spread } from './page';
import { type App, Place } from './place';

/**
 * The foundation under load: its router compared with nginx, the time from a policy change to its effect, and the
 * memory of up to fifty instances. The charts go into docs/.
 */

const STEPS = [1, 10, 25, 50];
const POLICY_CHANGES = 50;

type Row = readonly [what: string, seen: string];

export const benchmark: Benchmark = {
  what: 'the foundation at work: router, policies, instances, memory',
  rounds: 3,
  run: async (rounds, print) => {
    const rows: Row[] = [];
    const tell = (what: string, seen: string): void => {
      print(`${what}: ${seen}`);
      rows.push([what, seen]);
    };
    const place = await Place.open(`bench-${process.pid}`);
    try {
      const image = await place.build();
      const backend = await place.push('backend', image, { memory: '64M' });
      const watcher = await place.push('watcher', place.image, watcherProcess);
      const latencies = await router(place, image, backend, rounds, tell, print);
      tell('memory after the load, MiB', await describeMemory(place));
      const curve = await growth(place, watcher, backend, print);
      const tables = [table(['what', 'seen'], rows), latencies, growthTable(curve)];
      publish('foundation-load', tables.join('\n\n'), growthChart(curve));
    } finally {
      await place.close();
    }
  },
};

type Tell = (...row: Row) => void;

/** Reports the maximum rate, and returns the latencies at half of that. */
async function router(
  place: Place,
  image: string,
  backend: App,
  rounds: number,
  tell: Tell,
  print: Print,
): Promise<string> {
  const figures = await measureRouter(place, image, backend, rounds);
  const each = (value: (figure: (typeof figures)[number]) => number, digits: number): string =>
    spread(figures.map(value), digits);
  tell(
    'router, requests a second on one core',
    each(({ router: ours }) => ours.perSecond, 0),
  );
  tell(
    'nginx there',
    each(({ nginx }) => nginx.perSecond, 0),
  );
  tell(
    'router to nginx',
    each(({ router: ours, nginx }) => ours.perSecond / nginx.perSecond, 2),
  );
  const latencies = (['router', 'nginx'] as const).map((who) => [
    who,
    each((figure) => figure[who].half.p50, 1),
    each((figure) => figure[who].half.p99, 1),
  ]);
  for (const row of latencies) print(`half of the router's most: ${row.join(', ')}`);
  return table(["half of the router's most, through", 'median, ms', 'p99, ms'], latencies);
}

interface Step {
  readonly instances: number;
  /** Milliseconds from a policy change to its effect. */
  readonly p50: number;
  readonly p99: number;
  /** Milliseconds to start the instances since the step before. */
  readonly start: number;
  /** MiB. */
  readonly foundation: number;
  readonly holder: number;
}

async function growth(place: Place, watcher: App, backend: App, print: Print): Promise<Step[]> {
  const steps: Step[] = [];
  for (const instances of STEPS) {
    const start = await timeOf(() => place.scale(backend, instances));
    const effect = await policyEffect(place, watcher, backend, POLICY_CHANGES);
    const [foundation = NaN] = await place.memory('foundation');
    const holder = median(await place.memory('holder'));
    const step = { instances, p50: quantile(effect, 0.5), p99: quantile(effect, 0.99), start, foundation, holder };
    print(cells(step).join(', '));
    steps.push(step);
  }
  return steps;
}

const HEAD = ['instances', 'effect, median, ms', 'p99, ms', 'to get there, s', 'foundation, MiB', 'a holder, MiB'];

const cells = ({ instances, p50, p99, start, foundation, holder }: Step): string[] => [
  String(instances),
  ...[p50, p99, start / 1000, foundation].map((figure) => figure.toFixed(0)),
  holder.toFixed(1),
];

const growthTable = (steps: readonly Step[]): string => table(HEAD, steps.map(cells));

const growthChart = (steps: readonly Step[]): Chart => ({
  title: 'From a change of policy to its effect',
  x: 'instances that the change concerns',
  y: 'milliseconds',
  series: (['p50', 'p99'] as const).map((name) => ({
    name,
    points: steps.map((step) => [step.instances, step[name]] as const),
  })),
});

/** The latency of requests at a constant rate, in milliseconds. */
interface Latency {
  readonly p50: number;
  readonly p99: number;
}

interface RouterFigures {
  readonly router: Figures;
  readonly nginx: Figures;
}

interface Figures {
  /** The maximum rate of requests. */
  readonly perSecond: number;
  /** At half of the router's maximum rate. */
  readonly half: Latency;
}

const CONNECTIONS = 32;
const SECONDS = 8;
const PEER_PORT = 9100;
/** The router, or nginx, has one core; backend and load share the other. */
const [CORE, OTHER_CORE] = [0, 1];

/** Time for the sender and its target to reach full speed. */
const WARM_UP_SECONDS = 2;

/** Requests per second through the router and through nginx, in turn, to the same instance, on the same core. */
async function measureRouter(place: Place, image: string, backend: App, rounds: number): Promise<RouterFigures[]> {
  const [address = ''] = await place.addresses(backend);
  await place.container.update({ CpusetCpus: String(CORE) });
  await pin(place, backend);
  const start = `sed s/BACKEND/${address}/ /etc/nginx/proxy.conf > /tmp/proxy.conf && exec nginx -c /tmp/proxy.conf`;
  const nginx = await place.start(image, CORE, ['sh', '-c', start]);
  try {
    const figures: RouterFigures[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const perSecond = await most(place, image, backend.host, place.ports.router);
      const ofPeer = await most(place, image, backend.host, PEER_PORT);
      const half = await steady(place, image, backend.host, place.ports.router, perSecond / 2);
      const halfOfPeer = await steady(place, image, backend.host, PEER_PORT, perSecond / 2);
      figures.push({ router: { perSecond, half }, nginx: { perSecond: ofPeer, half: halfOfPeer } });
    }
    return figures;
  } finally {
    await nginx.remove({ force: true });
    await place.container.update({ CpusetCpus: `${CORE},${OTHER_CORE}` });
  }
}

async function pin(place: Place, { guid }: App): Promise<void> {
  const containers = await place.docker.listContainers({
    filters: { label: [`space-egress.foundation=${place.name}`, 'space-egress.role=app'] },
  });
  await Promise.all(
    containers
      .filter(({ Labels }) => Labels['space-egress.app'] === 'backend' && guid !== '')
      .map(({ Id }) => place.docker.getContainer(Id).update({ CpusetCpus: String(OTHER_CORE) })),
  );
}

/** The maximum number of requests per second. */
async function most(place: Place, image: string, host: string, port: number): Promise<number> {
  const options = ['-t', '1', '-c', String(CONNECTIONS), '-d', `${SECONDS}s`, '-H', `Host: ${host}`];
  const printed = await place.beside(image, OTHER_CORE, ['wrk', ...options, `http://127.0.0.1:${port}/`]);
  const perSecond = Number(/Requests\/sec:\s+([\d.]+)/.exec(printed)?.[1]);
  if (!(perSecond > 0) || /Non-2xx/.test(printed)) throw new Error(`wrk on port ${port} printed:\n${printed}`);
  return perSecond;
}

async function steady(place: Place, image: string, host: string, port: number, rate: number): Promise<Latency> {
  const options = { connections: CONNECTIONS, rate, 'warm-up': WARM_UP_SECONDS, seconds: SECONDS };
  const flags = Object.entries(options).flatMap(([name, value]) => [`-${name}`, String(value)]);
  const command = ['load', 'steady', '-address', `127.0.0.1:${port}`, '-host', host, ...flags];
  const printed = await place.beside(image, OTHER_CORE, command);
  if (!printed.startsWith('{')) throw new Error(`load on port ${port} printed:\n${printed}`);
  return JSON.parse(printed) as Latency;
}

const PORT = 8080;

/**
 * Tries to connect until the expected result, and answers with the time of it. It waits a millisecond between attempts,
 * since it would otherwise use one of the cores that the change itself needs.
 */
const WATCHER = `
const { createServer } = require('node:http');
const { connect } = require('node:net');
const { setTimeout: sleep } = require('node:timers/promises');
const attempt = (host, port) => new Promise((resolve) => {
  const socket = connect({ host, port });
  const end = (result) => { socket.destroy(); resolve(result); };
  socket.on('connect', () => end('open')).on('error', () => end('closed'));
});
createServer(async (request, response) => {
  const { searchParams: query } = new URL(request.url, 'http://watcher');
  const [host, port, wanted] = ['host', 'port', 'wanted'].map((name) => query.get(name));
  if (host) while (await attempt(host, port) !== wanted) await sleep(1);
  response.end(String(performance.timeOrigin + performance.now()));
}).listen(${PORT});
`;

const watcherProcess = { memory: '128M', command: `exec node -e '${WATCHER.replaceAll("'", '"')}'` };

/** Milliseconds from the request that changes a policy to the first packet that shows it, creating and deleting in turn. */
async function policyEffect(place: Place, watcher: App, server: App, rounds: number): Promise<number[]> {
  const [address = ''] = await place.addresses(server);
  const times: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const opens = round % 2 === 0;
    const seen = watch(place, watcher, `/?host=${address}&port=${PORT}&wanted=${opens ? 'open' : 'closed'}`);
    // It is already trying when the change is requested.
    await watch(place, watcher, '/');
    const begun = performance.timeOrigin + performance.now();
    await place.policy(opens ? 'create' : 'delete', watcher, server, PORT);
    times.push((await seen) - begun);
  }
  return times;
}

async function watch({ ports }: Place, { host }: App, path: string): Promise<number> {
  return Number((await ask({ port: ports.router, path, headers: { host } })).body);
}
