import { formatDuration } from '../tools/progress';

/** Milliseconds of one or more rounds. */
export type Times = readonly number[];

export async function timeOf(work: () => unknown): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

/** Measures one round after another, so that they don't disturb each other. */
export async function measure(rounds: number, round: (index: number) => Promise<number>): Promise<Times> {
  const times: number[] = [];
  for (let index = 0; index < rounds; index += 1) times.push(await round(index));
  return times;
}

export function median(times: Times): number {
  const sorted = [...times].sort((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)];
  const lower = sorted[Math.ceil(sorted.length / 2) - 1];
  if (upper === undefined || lower === undefined) throw new Error('nothing was measured: run at least one round');
  return (lower + upper) / 2;
}

/** The smallest value that at least this share of all values doesn't exceed. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const found = sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(sorted.length * share) - 1))];
  if (found === undefined) throw new Error('nothing was measured: run at least one round');
  return found;
}

/** `second npm start: 9.1 s (8.8 s to 10 s in 3 rounds)` */
export function describeTimes(what: string, times: Times): string {
  const spread = `${formatDuration(Math.min(...times))} to ${formatDuration(Math.max(...times))}`;
  return `${what}: ${formatDuration(median(times))} (${spread} in ${times.length} round${times.length === 1 ? '' : 's'})`;
}

/** How many times as long one thing takes as its peer, by the medians. */
export function describeRatio(what: string, times: Times, peer: string, peerTimes: Times): string {
  return `${what} takes ${(median(times) / median(peerTimes)).toFixed(2)} times as long as ${peer}`;
}
