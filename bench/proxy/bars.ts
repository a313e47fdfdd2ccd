import { median } from '../times';
import { CADDY, CADDY_CREDENTIALS, DIRECT, SQUID, SQUID_CREDENTIALS, SQUID_UNREAD } from './contestants';
import {
  describeRatio,
  type Ratio,
  ratioOf,
  REQUESTS,
  type Results,
  STREAM,
  STREAM_TLS,
  TUNNEL_EFFORT,
  TUNNELS,
} from './measures';

/** A promise, and what was measured. */
export interface Bar {
  readonly what: string;
  readonly bar: string;
  readonly seen: string;
  readonly met: boolean;
}

type Bars = (results: Results) => Bar;

const speed =
  (what: string, measure: string, name: string, peer: string, least: number): Bars =>
  (results) => {
    const ratio = ratioOf(figures(results, measure, name), figures(results, measure, peer));
    return { what, bar: `at least ${least}`, seen: describeRatio(ratio), met: ratio.median >= least };
  };

/** Rates and processor times never have the same name. */
const figures = ({ speed: rates, processor }: Results, what: string, name: string): readonly number[] =>
  (rates[what] ?? processor[what])?.[name] ?? [];

const memory =
  (tunnels: number, ours: string, peer: string, most: number): Bars =>
  ({ memory: measured }) => {
    const of = (name: string): number => measured[name]?.find((figure) => figure.tunnels === tunnels)?.mebibytes ?? NaN;
    const ratio = of(ours) / of(peer);
    return {
      what: `memory with ${tunnels === 0 ? 'no' : tunnels.toLocaleString('en')} tunnels, ${ours} to ${peer}`,
      bar: `at most ${most}`,
      seen: ratio.toFixed(2),
      met: ratio <= most,
    };
  };

/** The allocator needs up to a tenth more than with the first wave until it settles. */
const FLAT = 1.1;

const flat: Bars = ({ waves }) => {
  const all = waves[SQUID_CREDENTIALS] ?? [];
  const [first = NaN] = all;
  const grown = (all.at(-1) ?? NaN) / first;
  return {
    what: `memory with the last of ${all.length} waves of tunnels, of the first's`,
    bar: `at most ${FLAT}`,
    seen: grown.toFixed(2),
    met: grown <= FLAT,
  };
};

const LONG = 10_000;
const SHORT = 10;
const START_MS = 1_000;
/** A higher cost would be visible above the spread of the rounds. */
const FREE = 1.05;

const start: Bars = ({ lists }) => {
  const ms = median((lists[SQUID]?.[LONG] ?? []).map(({ startMs }) => startMs));
  return {
    what: 'start with 10,000 entries',
    bar: 'under 1 s',
    seen: `${(ms / 1000).toFixed(2)} s`,
    met: ms < START_MS,
  };
};

const cost: Bars = ({ lists }) => {
  const of = (entries: number): readonly number[] => (lists[SQUID]?.[entries] ?? []).map(({ micros }) => micros);
  const ratio: Ratio = ratioOf(of(LONG), of(SHORT));
  return {
    what: "a request's processor time with 10,000 entries, of that with 10",
    bar: `at most ${FREE}, none measurable`,
    seen: describeRatio(ratio),
    met: ratio.median <= FREE,
  };
};

const BARS: readonly Bars[] = [
  speed('requests, keep-alive, 64 connections, to Caddy', REQUESTS, SQUID, CADDY, 2.2),
  speed('new TLS tunnels, both with credentials, to Caddy', TUNNELS, SQUID_CREDENTIALS, CADDY_CREDENTIALS, 1.1),
  speed("one TLS tunnel's bytes, to a direct connection", STREAM_TLS, SQUID, DIRECT, 0.85),
  speed("one TLS tunnel's bytes, to Caddy", STREAM_TLS, SQUID, CADDY, 1),
  speed("one plain tunnel's bytes, to Caddy", STREAM, SQUID, CADDY, 0.57),
  memory(0, SQUID, CADDY, 0.65),
  memory(0, SQUID_CREDENTIALS, CADDY_CREDENTIALS, 0.65),
  memory(1_000, SQUID, CADDY, 0.85),
  memory(1_000, SQUID_CREDENTIALS, CADDY_CREDENTIALS, 0.85),
  flat,
  start,
  cost,
];

/** Ratios without a bar. */
const COSTS: readonly (readonly [what: string, measure: string, name: string, peer: string])[] = [
  ['new TLS tunnels with credentials, to without', TUNNELS, SQUID_CREDENTIALS, SQUID],
  ['requests with credentials, to without', REQUESTS, SQUID_CREDENTIALS, SQUID],
  ['new TLS tunnels with their name checked, to unchecked', TUNNELS, SQUID, SQUID_UNREAD],
  ["one TLS tunnel's bytes with its name checked, to unchecked", STREAM_TLS, SQUID, SQUID_UNREAD],
  ["a new TLS tunnel's processor time with its name checked, to unchecked", TUNNEL_EFFORT, SQUID, SQUID_UNREAD],
  [
    "a new TLS tunnel's processor time, both with credentials, to Caddy",
    TUNNEL_EFFORT,
    SQUID_CREDENTIALS,
    CADDY_CREDENTIALS,
  ],
];

export const barsOf = (results: Results): Bar[] => BARS.map((bar) => bar(results));

export const describeBar = ({ what, bar, seen, met }: Bar): string => `${met ? '✓' : '✗'} ${what}: ${seen} (${bar})`;

export const costsOf = (results: Results): readonly (readonly [what: string, seen: string])[] =>
  COSTS.map(([what, measure, name, peer]) => [
    what,
    describeRatio(ratioOf(figures(results, measure, name), figures(results, measure, peer))),
  ]);
