/**
 * How long it takes to synthesize `main.ts`, what `cdktf synth` adds to the program itself, and what many stacks,
 * applications, and clients cost compared to the same in bare cdktf.
 */
import { join } from 'node:path';
import { App } from 'cdktf';
import { buildSync } from 'esbuild';
import { run } from '../tools/command';
import { REPOSITORY } from '../tools/platform';
import { type Benchmark, inScratch } from './benchmark';
import type { Growing } from './synth-programs';
import { describeRatio, describeTimes, measure, median, timeOf } from './times';

export const benchmark: Benchmark = {
  what: 'synth of main.ts: the program alone, cdktf synth, and many applications in one stack',
  rounds: 5,
  run: async (rounds, print) => {
    const program = await measure(rounds, () => timeOf(() => inScratch(runProgram)));
    print(describeTimes('main.ts, the whole program', program));
    const cdktf = await measure(rounds, () => timeOf(() => inScratch(runCdktf)));
    print(describeTimes('cdktf synth', cdktf));
    print(describeRatio('cdktf synth', cdktf, 'the program alone', program));

    for (const growing of (await compiled()).GROWING) await grow(growing, rounds, print);
  },
};

/** As the library is published. Run from TypeScript, our own code would take longer, and cdktf's wouldn't. */
async function compiled(): Promise<typeof import('./synth-programs')> {
  const outfile = join(REPOSITORY, 'node_modules', '.cache', 'bench', 'synth-programs.js');
  const entryPoints = [join(__dirname, 'synth-programs.ts')];
  buildSync({ entryPoints, outfile, bundle: true, packages: 'external', platform: 'node', logLevel: 'error' });
  return (await import(outfile)) as typeof import('./synth-programs');
}

/** One after the other in each round, so that a busy moment affects both sides. */
async function grow({ what, few, many, ours, bare }: Growing, rounds: number, print: (line: string) => void) {
  const times = { some: [] as number[], ours: [] as number[], bare: [] as number[] };
  for (let round = 0; round < rounds; round += 1) {
    times.some.push(await timeToSynthesize(few, ours));
    times.ours.push(await timeToSynthesize(many, ours));
    times.bare.push(await timeToSynthesize(many, bare));
  }
  print(describeTimes(`${few} ${what}`, times.some));
  print(describeTimes(`${many} ${what}`, times.ours));
  print(describeTimes('the same in bare cdktf', times.bare));
  const growth = median(times.ours) / many / (median(times.some) / few);
  print(`one of ${many} costs ${growth.toFixed(2)} times one of ${few} (linear is 1)`);
  print(describeRatio(`${many} ${what}`, times.ours, 'bare cdktf', times.bare));
}

function timeToSynthesize(count: number, build: Growing['ours']): Promise<number> {
  return timeOf(() =>
    inScratch((outdir) => {
      const app = new App({ outdir });
      build(app, count);
      app.synth();
    }),
  );
}

function runProgram(outdir: string): Promise<string> {
  const env = { ...process.env, CDKTF_OUTDIR: outdir };
  return run(process.execPath, ['--require', 'tsx/cjs', 'main.ts'], { cwd: REPOSITORY, env });
}

function runCdktf(outdir: string): Promise<string> {
  const env = { ...process.env, CI: '1', CHECKPOINT_DISABLE: '1' };
  const script = require.resolve('cdktf-cli/bundle/bin/cdktf.js');
  return run(process.execPath, [script, 'synth', '--output', outdir], { cwd: REPOSITORY, env });
}
