/** What is measured for each contestant in each round. */
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
