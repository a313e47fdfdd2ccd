/** The foundation's API with many applications, over HTTP, with an in-memory cell. The chart goes into docs/. */
import type { Benchmark } from '../../bench/benchmark';
import { startFilledFoundation, type FilledFoundation } from '../testing/filled-foundation';
import { publish } from './page';
import { table } from '../../tools/markdown';
import { measure, quantile, timeOf } from '../../bench/times';

const STEPS = [1_000, 2_500, 5_000, 10_000, 20_000];
/** The number of applications for the bars. */
const MANY = 10_000;
const GETS = 2_000;
const LISTS = 200;

interface Question {
  readonly what: string;
  readonly times: number;
  readonly path: (round: number, guids: readonly string[]) => string;
}

const app = (round: number, guids: readonly string[]): string => guids[(round * 7919) % guids.length] ?? '';

const GET: Question = { what: 'an application', times: GETS, path: (round, guids) => `/v3/apps/${app(round, guids)}` };
const LIST: Question = {
  what: '5,000 applications, by name',
  times: LISTS,
  path: () => '/v3/apps?per_page=5000&order_by=name',
};

const QUESTIONS: readonly Question[] = [
  { what: 'the root', times: GETS, path: () => '/' },
  GET,
  {
    what: "an application's processes",
    times: LISTS,
    path: (round, guids) => `/v3/apps/${app(round, guids)}/processes`,
  },
  { what: 'an application by its name', times: LISTS, path: (round) => `/v3/apps?names=app-${round}` },
  { what: '50 applications', times: LISTS, path: () => '/v3/apps' },
  LIST,
  { what: '5,000 routes', times: LISTS, path: () => '/v3/routes?per_page=5000' },
  { what: '5,000 processes', times: LISTS, path: () => '/v3/processes?per_page=5000' },
];

interface Figure extends Question {
  readonly applications: number;
  /** Milliseconds for the first request, before any row is cached. */
  readonly first: number;
  readonly p50: number;
  readonly p99: number;
}

export const benchmark: Benchmark = {
  what: 'the API of the foundation with 1,000 to 20,000 applications',
  rounds: 1,
  run: async (rounds, print) => {
    const figures: Figure[] = [];
    for (const applications of STEPS) {
      const foundation = await startFilledFoundation(applications);
      try {
        for (const question of applications === MANY ? QUESTIONS : [GET, LIST]) {
          const figure = { ...question, applications, ...(await ask(foundation, question, rounds)) };
          print(`${applications} applications: ${rowOf(figure).join(', ')}`);
          figures.push(figure);
        }
      } finally {
        await foundation.close();
      }
    }
    const ofMany = figures.filter(({ applications }) => applications === MANY);
    const head = [`with ${MANY.toLocaleString('en')} applications`, 'the first, ms', 'median, ms', 'p99, ms'];
    publish('foundation-api', table(head, ofMany.map(rowOf)), {
      title: 'What the API takes for an answer, p99',
      x: 'applications on the foundation',
      y: 'milliseconds',
      series: [GET, LIST].map(({ what }) => ({
        name: what === GET.what ? 'one' : '5,000',
        points: figures.filter((figure) => figure.what === what).map(({ applications, p99 }) => [applications, p99]),
      })),
    });
  },
};

const rowOf = ({ what, first, p50, p99 }: Figure): string[] => [
  what,
  ...[first, p50, p99].map((time) => time.toFixed(1)),
];

async function ask(
  { url, token, guids }: FilledFoundation,
  { what, times, path }: Question,
  rounds: number,
): Promise<Pick<Figure, 'first' | 'p50' | 'p99'>> {
  const took = await measure(times * rounds, (round) =>
    timeOf(async () => {
      const response = await fetch(`${url}${path(round, guids)}`, { headers: { Authorization: `bearer ${token}` } });
      await response.arrayBuffer();
      if (!response.ok) throw new Error(`${what}: ${response.status}`);
    }),
  );
  return { first: took[0] ?? NaN, p50: quantile(took, 0.5), p99: quantile(took, 0.99) };
}
