/** How long `evidence check` and `evidence report` take as processes, with two years of records and their results. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { MemoryStore, draft } from '../__tests__/evidence/support/memory';
import { append } from '../evidence/append';
import { buildCommand } from '../tools/build-command';
import { type Benchmark, inScratch } from './benchmark';
import { describeTimes, measure, timeOf } from './times';

const YEARS = 2;
const A_DAY = 4;
/** The size of the answers of a verify with thirty rows. */
const RESULT_KIB = 8;
const MOST_SECONDS = 2;

export const benchmark: Benchmark = {
  what: `check and report of ${YEARS} years of ${A_DAY} records a day`,
  rounds: 5,
  run: (rounds, print) =>
    inScratch(async (folder) => {
      const [command, store] = [join(folder, 'space-egress.js'), join(folder, 'store')];
      await buildCommand(command);
      const records = await write(store);
      const commands = [['check'], ['report', '--since', '2y'], ['report', '--since', '2y', '--format', 'html']];
      for (const [name = '', ...args] of commands) {
        const times = await measure(rounds, () =>
          timeOf(() => {
            run(command, ['evidence', name, '--store', store, ...args]);
          }),
        );
        print(describeTimes(`${[name, ...args].join(' ')} of ${records} records (bar: ${MOST_SECONDS} s)`, times));
      }
    }),
};

async function write(folder: string): Promise<number> {
  const store = new MemoryStore();
  const count = YEARS * 365 * A_DAY;
  for (let number = 1; number <= count; number += 1) {
    const time = new Date(Date.now() - ((count - number) * 86_400_000) / A_DAY);
    const outcome = number % 50 === 0 ? 'not as expected' : number % 70 === 0 ? 'inconclusive' : 'as expected';
    const method = number % 2 === 0 ? ({ kind: 'audit', method: 'configuration' } as const) : {};
    await append(store, draft({ ...method, outcome }, time, `"${number}${'x'.repeat(RESULT_KIB * 1024)}"`));
  }
  for (const [name, bytes] of store.files) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), bytes);
  }
  return count;
}

function run(command: string, args: readonly string[]): void {
  const { status, stderr } = spawnSync(process.execPath, [command, ...args], { encoding: 'utf8', maxBuffer: 2 ** 28 });
  if (status !== 0) throw new Error(`a round ended with ${String(status)}: ${stderr}`);
}
