/**
 * How long it takes to synthesize `main.ts`, what `cdktf synth` adds to the program alone, and whether a thousand
 * applications cost ten times a hundred.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CloudfoundryProvider } from '@cdktf/provider-cloudfoundry/lib/provider';
import { App, TerraformStack } from 'cdktf';
import { Application, AppSource, Destination, Egress, EgressProxy, EgressSpace } from '../constructs';
import { Route } from '../constructs';
import { run } from '../tools/command';
import { REPOSITORY } from '../tools/platform';
import type { Benchmark } from './benchmark';
import { describeRatio, describeTimes, measure, median, timeOf, type Times } from './times';

const SIZES = [10, 100, 1000] as const;

export const benchmark: Benchmark = {
  what: 'synth of main.ts: the program alone, cdktf synth, and many applications in one stack',
  rounds: 5,
  run: async (rounds, print) => {
    const program = await measure(rounds, () => timeOf(() => inScratch(runProgram)));
    print(describeTimes('main.ts, the whole program', program));
    const cdktf = await measure(rounds, () => timeOf(() => inScratch(runCdktf)));
    print(describeTimes('cdktf synth', cdktf));
    print(describeRatio('cdktf synth', cdktf, 'the program alone', program));

    const bySize = new Map<number, Times>();
    for (const count of SIZES) {
      const times = await measure(rounds, () =>
        timeOf(() =>
          inScratch((outdir) => {
            synthesize(count, outdir);
          }),
        ),
      );
      print(describeTimes(`${count} applications`, times));
      bySize.set(count, times);
    }
    const each = (count: number): number => median(bySize.get(count) ?? []) / count;
    print(`one of 1000 costs ${(each(1000) / each(100)).toFixed(2)} times one of 100 (linear is 1)`);

    for (const [what, few, many, build] of GROWING) {
      const [some, all] = [await timesOf(rounds, few, build), await timesOf(rounds, many, build)];
      print(describeTimes(`${few} ${what}`, some));
      print(describeTimes(`${many} ${what}`, all));
      const growth = median(all) / many / (median(some) / few);
      print(`one of ${many} costs ${growth.toFixed(2)} times one of ${few} (linear is 1)`);
    }
  },
};

type Build = (app: App, count: number) => void;

/** What must grow no faster than its number. */
const GROWING: readonly (readonly [what: string, few: number, many: number, build: Build])[] = [
  ['stacks with checks', 10, 40, checkedStacks],
  ['clients of a proxy with a seed', 30, 300, seededClients],
];

function timesOf(rounds: number, count: number, build: Build): Promise<Times> {
  return measure(rounds, () =>
    timeOf(() =>
      inScratch((outdir) => {
        const app = new App({ outdir });
        build(app, count);
        app.synth();
      }),
    ),
  );
}

function checkedStacks(app: App, count: number): void {
  for (let index = 0; index < count; index++) {
    const { stack, inside, proxy } = parts(app, `stack-${index}`);
    new Application(stack, 'Web', { space: inside, source: AppSource.image('web:1') }).useProxy(proxy);
  }
}

function seededClients(app: App, count: number): void {
  const { stack, inside, proxy } = parts(app, 'seeded', '${var.seed}');
  for (let index = 0; index < count; index++) {
    const client = new Application(stack, `App${index}`, { space: inside, source: AppSource.image('web:1') });
    client.useProxy(proxy);
  }
}

function parts(app: App, name: string, seed?: string) {
  const stack = new TerraformStack(app, name);
  new CloudfoundryProvider(stack, 'cloudfoundry');
  const at = { orgName: 'agency', deployers: ['ci'] };
  const outside = new EgressSpace(stack, 'Outside', { ...at, spaceName: 'outside', egress: Egress.PUBLIC });
  const inside = new EgressSpace(stack, 'Inside', { ...at, spaceName: 'inside', egress: Egress.TRUSTED_LOCAL });
  const proxy = new EgressProxy(stack, 'Proxy', { space: outside, source: AppSource.image('proxy@sha256:1'), seed });
  return { stack, inside, proxy };
}

/** The output goes to a folder of its own: a checkout's `cdktf.out` belongs to whoever works there. */
async function inScratch(work: (outdir: string) => unknown): Promise<void> {
  const outdir = mkdtempSync(join(tmpdir(), 'bench-synth-'));
  try {
    await work(outdir);
  } finally {
    rmSync(outdir, { recursive: true, force: true });
  }
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

/** Every application with a route, a proxy and a destination of its own. */
function synthesize(count: number, outdir: string): void {
  const app = new App({ outdir });
  const { stack, inside, proxy } = parts(app, 'bench');
  for (let index = 0; index < count; index++) {
    const client = new Application(stack, `App${index}`, { space: inside, source: AppSource.image('web:1') });
    client.useProxy(proxy);
    proxy.allowDestinations(Destination.host(`host-${index}.example.gov`));
    new Route(stack, `Route${index}`, { app: client, host: `app-${index}`, domain: 'app.cloud.gov' });
  }
  app.synth();
}
