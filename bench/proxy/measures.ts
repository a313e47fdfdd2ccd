/** What is measured for each contestant in each round, and the results. */
import { median } from '../times';
import type { Arena, Client, Load } from './arena';

export interface Measure {
  readonly name: string;
  readonly unit: string;
  readonly take: (arena: Arena, client: Client) => Promise<Load>;
  readonly figure: (load: Load) => number;
  /** Whether the proxy has a processor to itself meanwhile, so that it doesn't slow down the two ends. */
  readonly apart?: true;
  /** The median time of one, from the same load. */
  readonly time?: string;
  /** What the processor time is divided by. */
  readonly effort?: { readonly of: string; readonly done: (load: Load) => number };
}

const MEGABYTE = 1e6;
const perSecond = ({ perSecond: figure }: Load): number => Math.round(figure);
const megabytes = ({ bytesPerSecond }: Load): number => Math.round(bytesPerSecond / MEGABYTE);

/** The median. */
export const microsOfOne = ({ p50 }: Load): number => Math.round(p50 * 1000);

const operations = ({ done }: Load): number => done;
const doneMegabytes = ({ doneBytes }: Load): number => doneBytes / MEGABYTE;

const tls = ['-tls'];
/** Tunnels to its port can carry anything. */
const plain = ['-host', 'plain.test'];

/** The names that the bars use. */
export const REQUESTS = 'requests, keep-alive, 64 connections';
export const TUNNELS = 'new TLS tunnels, 16 at once';
export const STREAM = 'a plain tunnel';
export const STREAM_TLS = 'a TLS tunnel';
export const TUNNEL_EFFORT = 'a new TLS tunnel';

const stream = (name: string, tunnels: number, flags: readonly string[]): Measure => ({
  name,
  unit: 'MB a second',
  take: (arena, client) => arena.load('stream', client, tunnels, ...flags),
  figure: megabytes,
});

const apart = (of: string): Pick<Measure, 'apart' | 'effort'> => ({ apart: true, effort: { of, done: doneMegabytes } });

export const MEASURES: readonly Measure[] = [
  {
    name: 'requests, keep-alive, 1 connection',
    unit: 'a second',
    take: (arena, client) => arena.load('requests', client, 1),
    figure: perSecond,
    time: "a request's time, median",
  },
  {
    name: REQUESTS,
    unit: 'a second',
    take: (arena, client) => arena.load('requests', client, 64),
    figure: perSecond,
    effort: { of: 'a request', done: operations },
  },
  {
    name: TUNNELS,
    unit: 'a second',
    take: (arena, client) => arena.load('tunnels', client, 16, ...tls),
    figure: perSecond,
    effort: { of: TUNNEL_EFFORT, done: operations },
  },
  { ...stream(STREAM, 1, plain), ...apart('a MB through a plain tunnel') },
  { ...stream('8 plain tunnels', 8, plain), ...apart('a MB through 8 plain tunnels') },
  { ...stream(STREAM_TLS, 1, tls), ...apart('a MB through a TLS tunnel') },
  stream('a TLS tunnel, processors shared', 1, tls),
  {
    name: "a new TLS tunnel's time, median",
    unit: 'µs',
    take: (arena, client) => arena.load('tunnels', client, 1, ...tls),
    figure: microsOfOne,
  },
];

export const UNITS = Object.fromEntries(
  MEASURES.flatMap(({ name, unit, time }) => [[name, unit], ...(time === undefined ? [] : [[time, 'µs']])]),
) as Record<string, string>;

/** Measures for which more is better. */
export const RATES = MEASURES.filter(({ unit }) => unit !== 'µs').map(({ name }) => name);

/** The results of a comparison, as stored in squid/docs/speed.json. */
export interface Results {
  readonly date: string;
  readonly machine: string;
  /** The version of squid's package in our image. */
  readonly squid: string;
  readonly rounds: number;
  /** By measure. */
  readonly units: Readonly<Record<string, string>>;
  /** By measure, then by contestant: one figure for each round. */
  readonly speed: Readonly<Record<string, Readonly<Record<string, readonly number[] | undefined>> | undefined>>;
  /** Microseconds of processor time that the proxy itself uses, by purpose, then by contestant, then by round. */
  readonly processor: Readonly<Record<string, Readonly<Record<string, readonly number[] | undefined>> | undefined>>;
  /** By contestant: MiB when idle, and then with an increasing number of tunnels. */
  readonly memory: Readonly<Record<string, readonly MemoryFigure[] | undefined>>;
  /** By contestant: MiB during each of several waves of tunnels. */
  readonly waves: Readonly<Record<string, readonly number[] | undefined>>;
  /** By contestant, then by number of entries in its list: one figure for each round. */
  readonly lists: Readonly<Record<string, Readonly<Record<string, readonly ListFigure[] | undefined>> | undefined>>;
}

export interface MemoryFigure {
  /** Fewer than requested if the machine's limit on descriptors is lower. */
  readonly tunnels: number;
  readonly mebibytes: number;
}

export interface ListFigure {
  readonly startMs: number;
  readonly perSecond: number;
  /** Processor time per request. */
  readonly micros: number;
}

/** Ratios of two figures that were measured one after the other in the same round. */
export interface Ratio {
  readonly min: number;
  readonly median: number;
  readonly max: number;
}

export function ratioOf(figures: readonly number[], others: readonly number[]): Ratio {
  const ratios = figures.map((figure, round) => figure / (others[round] ?? NaN)).sort((a, b) => a - b);
  const [min, max] = [ratios[0], ratios.at(-1)];
  if (min === undefined || max === undefined || ratios.some(Number.isNaN) || figures.length !== others.length) {
    throw new Error(`${figures.length} and ${others.length} rounds have no ratio: measure both in each round`);
  }
  return { min, median: median(ratios), max };
}

export const describeRatio = ({ min, median, max }: Ratio): string =>
  `${median.toFixed(2)} (${min.toFixed(2)} to ${max.toFixed(2)})`;
