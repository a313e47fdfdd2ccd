import { spawn } from 'node:child_process';
import { once } from 'node:events';
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

/**
 * Put first into a program, prints its peak memory when it ends. It is the kernel's figure, because
 * `resourceUsage().maxRSS` starts at the parent's memory.
 */
export const PRINTS_PEAK = `process.on('exit', () => process.stderr.write(
  require('fs').readFileSync('/proc/self/status', 'utf8').match(/VmHWM.*/)[0]));\n`;

/** Runs such a program. Returns its peak memory in MiB, and how many bytes it printed. */
export async function peakOf(
  args: readonly string[],
  { status = 0, env = {} }: { readonly status?: number; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<{ readonly memory: number; readonly printed: number }> {
  const child = spawn(process.execPath, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  let [said, printed] = ['', 0];
  child.stdout.on('data', (chunk: Buffer) => (printed += chunk.length));
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const [ended] = (await once(child, 'close')) as [number | null];
  const [, kibibytes] = /VmHWM:\s+(\d+)/.exec(said) ?? [];
  if (ended !== status || kibibytes === undefined) {
    throw new Error(`a round ended with ${String(ended)} instead of ${status}: ${said}`);
  }
  return { memory: Math.round(Number(kibibytes) / 1024), printed };
}
