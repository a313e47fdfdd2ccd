import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';

/** A benchmark of `npm run bench -- NAME`: each file of this folder that exports one as `benchmark`. */
export interface Benchmark {
  /** What is measured, in one line. */
  readonly what: string;
  /** The default number of rounds: as few as show the spread. */
  readonly rounds: number;
  /** `peers` are additional things to compare with, each `NAME=COMMAND`, for benchmarks that support them. */
  readonly run: (rounds: number, print: Print, peers: readonly string[]) => Promise<void>;
  readonly takesPeers?: true;
  /** Whether it builds images. */
  readonly buildsImages?: true;
}

export type Print = (line: string) => void;

/** The load before anything is measured, because the benchmark itself shouldn't count as other work. */
const [load = 0] = loadavg();

/** The context of all figures: the processor, the memory, and how busy the machine was with other work. */
export function describeMachine(): string {
  const cores = availableParallelism();
  const memory = Math.round(totalmem() / 1024 ** 3);
  const busy = load > cores ? ', busy with other work: compare ratios, not seconds' : '';
  const model = cpus()[0]?.model ?? 'unknown processor';
  return `machine: ${cores} cores (${model}), ${memory} GiB, Node.js ${process.versions.node}, load ${load.toFixed(1)}${busy}`;
}

/** Runs work with a temporary folder. */
export async function inScratch<T>(work: (folder: string) => T | Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'space-egress-bench-'));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
