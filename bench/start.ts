/**
 * How long a person waits for the first and the second `npm start` in a fresh clone. The tool caches are warm, because
 * the time for a download or a build says nothing about this repository. Nothing is deployed, and the foundation is
 * new.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../tools/command';
import { REPOSITORY } from '../tools/platform';
import type { Benchmark } from './benchmark';
import { describeRatio, describeTimes, measure, timeOf } from './times';

/** Steps that take at least this long are printed with the figures. */
const LONG_STEP_SECONDS = 1;

export const benchmark: Benchmark = {
  what: 'the first and the second npm start in a fresh clone, tool caches warm',
  rounds: 2,
  run: async (rounds, print) => {
    const clone = mkdtempSync(join(tmpdir(), 'bench-start-'));
    const env = { ...process.env, EGRESS_FOUNDATION: `bench-start-${process.pid}` };
    const npm = (...args: readonly string[]): Promise<string> => run('npm', args, { cwd: clone, env });
    const second: number[] = [];
    let output = '';
    try {
      await run('git', ['clone', '--quiet', REPOSITORY, clone]);
      print(describeTimes('packages and bindings (npm ci)', [await timeOf(() => npm('run', 'doctor'))]));
      const first = await measure(rounds, async () => {
        const time = await timeOf(() => npm('start'));
        second.push(await timeOf(async () => (output = await npm('start'))));
        await npm('run', 'down');
        return time;
      });
      print(describeTimes('first npm start', first));
      print(describeTimes('second npm start', second));
      print(describeRatio('the first', first, 'the second', second));
      print(`the second says "No changes": ${output.includes('No changes') ? 'yes' : 'NO'}; its long steps:`);
      longSteps(output).forEach((step) => {
        print(`  ${step}`);
      });
    } finally {
      await npm('run', 'down').finally(() => {
        rmSync(clone, { recursive: true, force: true });
      });
    }
  },
};

/** The lines `✓ TITLE: ... (TIME)` with a long time. */
export function longSteps(output: string): string[] {
  // A long line continues on the next one, indented.
  return output
    .replaceAll('\n  ', ' ')
    .split('\n')
    .filter((line) => {
      const [, minutes, seconds] = /^✓ .*\((?:(\d+) min )?([\d.]+) s\)$/.exec(line) ?? [];
      return seconds !== undefined && Number(minutes ?? 0) * 60 + Number(seconds) >= LONG_STEP_SECONDS;
    });
}
