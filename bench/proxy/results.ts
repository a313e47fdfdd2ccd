import { median } from '../times';

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
