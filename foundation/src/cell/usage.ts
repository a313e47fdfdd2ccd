import type Docker from 'dockerode';
import type { InstanceUsage } from './cell';
import { statusCode } from './engine';

interface Sample {
  /** CPU time in nanoseconds since the container started. */
  readonly cpu: number;
  /** Milliseconds of a monotonic clock. */
  readonly at: number;
}

/** Includes the size of the container's files; the client's types lack the parameter. */
const SIZED = { size: true } as Docker.ContainerInspectOptions;

/** Reads a container's resource usage; CPU usage is since the last reading. */
export class UsageMeter {
  private last?: Sample;

  public async read(container: Docker.Container): Promise<Omit<InstanceUsage, 'logRate'> | undefined> {
    try {
      const [stats, { SizeRw: disk = 0 }] = await Promise.all([
        // One-shot avoids a second sample, which would take a second.
        container.stats({ stream: false, 'one-shot': true }),
        container.inspect(SIZED) as Promise<{ SizeRw?: number }>,
      ]);
      const sample = { cpu: stats.cpu_stats.cpu_usage.total_usage, at: performance.now() };
      const cpu = this.last ? share(this.last, sample) : 0;
      this.last = sample;
      return { memory: workingSet(stats.memory_stats), cpu, disk };
    } catch (error) {
      // While a container is being removed, the engine answers 404, 409, or 500.
      if (!(await runs(container))) return undefined;
      throw error;
    }
  }
}

async function runs(container: Docker.Container): Promise<boolean> {
  try {
    const { State: state } = await container.inspect();
    return state.Running && !state.Dead;
  } catch (error) {
    if (statusCode(error) === 404) return false;
    throw error;
  }
}

function share(before: Sample, after: Sample): number {
  const elapsed = (after.at - before.at) * 1e6;
  return elapsed > 0 ? Math.max(0, (after.cpu - before.cpu) / elapsed) : 0;
}

/** Excludes the page cache that the kernel can reclaim, whose name differs between cgroup versions. */
function workingSet({ usage = 0, stats = {} }: { usage?: number; stats?: object }): number {
  const { total_inactive_file: v1, inactive_file: v2 } = stats as Record<string, number | undefined>;
  return Math.max(0, usage - (v1 ?? v2 ?? 0));
}
