/**
 * The foundation under load: its router compared with nginx, the time from a policy change to its effect, and the
 * memory of up to fifty instances. The charts go into docs/.
 */
import type { Benchmark, Print } from '../../bench/benchmark';
import type { Chart } from '../../bench/chart';
import { describeMemory, publish, spread } from './page';
import { Place, type App } from './place';
import { policyEffect, watcherProcess } from './policy';
import { measureRouter } from './router';
import { table } from '../../tools/markdown';
import { median, quantile, timeOf } from '../../bench/times';

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
