/**
 * How much time and memory the review of a large plan takes as a process, from the file to the comment or JSON, with a
 * thousand applications and an increasing number of edges between them.
 *
 * The natural peer is np-guard's netpol-analyzer on the same graph, but its Go module isn't available from the module
 * proxy. The ratio is therefore to the least that any reviewer of a plan must do: parse the file as JSON in a separate
 * process.
 */
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';
import type { Benchmark } from './benchmark';
import { firstPlanText, planText } from './review-plan';
import { buildProgram } from '../tools/build-command';
import { describeRatio, describeTimes, measure, timeOf } from './times';

const APPLICATIONS = 1000;
const EDGES = [100, 1000, 10_000] as const;

/** The review's bars, in seconds and MiB. */
const MOST_SECONDS = 2;
const MOST_MIB = 300;

export const benchmark: Benchmark = {
  what: `review of a plan with ${APPLICATIONS} applications and up to ${EDGES.at(-1) ?? 0} edges`,
  rounds: 3,
  run: async (rounds, print) => {
    const folder = mkdtempSync(join(tmpdir(), 'bench-review-'));
    try {
      const review = bundle(folder);
      const plans = [
        ...EDGES.map((edges) => [`${edges} edges`, planText(APPLICATIONS, edges)] as const),
        ['the first plan of 300 applications, 3 proxies and 3000 entries', firstPlanText(300, 3, 3000)] as const,
      ];
      for (const [what, text] of plans) {
        const plan = join(folder, 'plan.json');
        writeFileSync(plan, text);
        const parse = await measure(rounds, () => timeOf(() => run(['-e', PARSE, plan], 0).memory));
        const mebibytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
        for (const format of ['markdown', 'json']) {
          let [memory, printed] = [0, 0];
          const times = await measure(rounds, () =>
            timeOf(() => {
              const ran = run([review, format, plan], 2);
              [memory, printed] = [Math.max(memory, ran.memory), ran.printed];
            }),
          );
          print(describeTimes(`${what}, a plan of ${mebibytes(statSync(plan).size)}, as ${format}`, times));
          print(
            `  ${mebibytes(printed)} printed, at most ${memory} MiB of memory (bars: ${MOST_SECONDS} s, ${MOST_MIB} MiB)`,
          );
          print(`  ${describeRatio('the review', times, 'reading the file as JSON', parse)}`);
        }
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

const PARSE = 'JSON.parse(require("fs").readFileSync(process.argv[1], "utf8")); report()';
/** The kernel's figure, because `resourceUsage().maxRSS` starts at the parent's memory. */
const MEMORY =
  'const report = () => process.stderr.write(require("fs").readFileSync("/proc/self/status", "utf8").match(/VmHWM.*/)[0]);';

/** As it is published: one file, without a compiler at run time. */
function bundle(folder: string): string {
  const entry = `${MEMORY}
    import { reviewCommand } from './review/commands';
    process.on('exit', report);
    void reviewCommand().parseAsync(['--format', process.argv[2], process.argv[3]], { from: 'user' });`;
  const outfile = join(folder, 'review.js');
  buildProgram(entry, outfile);
  return outfile;
}

/** The most memory that the process took, in MiB, and how many bytes it printed. */
function run(args: readonly string[], expected: number): { readonly memory: number; readonly printed: number } {
  const inline = args[0] === '-e' ? ['-e', `${MEMORY}${args[1] ?? ''}`, ...args.slice(2)] : args;
  const { status, stdout, stderr } = spawnSync(process.execPath, inline, { encoding: 'utf8', maxBuffer: 2 ** 28 });
  const [, kibibytes] = /VmHWM:\s+(\d+)/.exec(stderr) ?? [];
  if (status !== expected || kibibytes === undefined) {
    throw new Error(`a round ended with ${String(status)} instead of ${expected}: ${stderr}`);
  }
  return { memory: Math.round(Number(kibibytes) / 1024), printed: Buffer.byteLength(stdout) };
}
