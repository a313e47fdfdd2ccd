/** What a comparison measured, as it is kept in squid/docs/speed.json. */
export interface Results {
  readonly date: string;
  readonly machine: string;
  /** The version of squid's package in our image. */
  readonly squid: string;
  readonly rounds: number;
  /** By measure. */
  readonly units: Readonly<Record<string, string>>;
  /** By measure, then by contestant: a figure for each round. */
  readonly speed: Readonly<Record<string, Readonly<Record<string, readonly number[] | undefined>> | undefined>>;
  /** Microseconds of processor time that the proxy alone takes. By what they are for, then by contestant, by round. */
  readonly processor: Readonly<Record<string, Readonly<Record<string, readonly number[] | undefined>> | undefined>>;
  /** By contestant: MiB, idle first and then with more and more tunnels. */
  readonly memory: Readonly<Record<string, readonly MemoryFigure[] | undefined>>;
  /** By contestant: MiB with each of several waves of tunnels. */
  readonly waves: Readonly<Record<string, readonly number[] | undefined>>;
  /** By contestant, then by entries of its list: a figure for each round. */
  readonly lists: Readonly<Record<string, Readonly<Record<string, readonly ListFigure[] | undefined>> | undefined>>;
}

export interface MemoryFigure {
  /** Fewer than were asked for where the machine's limit of descriptors is lower. */
  readonly tunnels: number;
  readonly mebibytes: number;
}

export interface ListFigure {
  readonly startMs: number;
  readonly perSecond: number;
  /** Of processor time for a request. */
  readonly micros: number;
}

/** A ratio of one round is of two figures that were taken one after the other. */
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
  return { min, median: medianOf(ratios), max };
}

export function medianOf(figures: readonly number[]): number {
  const sorted = [...figures].sort((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)];
  const lower = sorted[Math.ceil(sorted.length / 2) - 1];
  if (upper === undefined || lower === undefined) throw new Error('nothing was measured: ask for one round at least');
  return (lower + upper) / 2;
}

export const describeRatio = ({ min, median, max }: Ratio): string =>
  `${median.toFixed(2)} (${min.toFixed(2)} to ${max.toFixed(2)})`;
