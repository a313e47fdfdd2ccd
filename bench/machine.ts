import { availableParallelism, cpus, loadavg, totalmem } from 'node:os';

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
