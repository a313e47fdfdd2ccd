/**
 * `npx tsx bench/synth.ts`: how long it takes to synthesize, and whether a thousand applications cost a hundred times ten.
 * The figure to look at is the ratio of the time for one application in a large stack to that in a small one.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CloudfoundryProvider } from '@cdktf/provider-cloudfoundry/lib/provider';
import { App, TerraformStack } from 'cdktf';
import { Application, AppSource, Destination, Egress, EgressProxy, EgressSpace, Route } from '../constructs';

const SIZES = [10, 100, 1000] as const;
const ROUNDS = 3;

/** Every application with a route, a proxy and a destination of its own. */
function synthesize(count: number): void {
  const outdir = mkdtempSync(join(tmpdir(), 'bench-synth-'));
  try {
    const app = new App({ outdir });
    const stack = new TerraformStack(app, 'bench');
    new CloudfoundryProvider(stack, 'cloudfoundry');
    const at = { orgName: 'agency', deployers: ['ci'] };
    const outside = new EgressSpace(stack, 'Outside', { ...at, spaceName: 'outside', egress: Egress.PUBLIC });
    const inside = new EgressSpace(stack, 'Inside', { ...at, spaceName: 'inside', egress: Egress.TRUSTED_LOCAL });
    const proxy = new EgressProxy(stack, 'Proxy', { space: outside, image: 'proxy@sha256:1' });
    for (let index = 0; index < count; index++) {
      const client = new Application(stack, `App${index}`, { space: inside, source: AppSource.image('web:1') });
      client.useProxy(proxy);
      proxy.allowDestinations(Destination.host(`host-${index}.example.gov`));
      new Route(stack, `Route${index}`, { app: client, host: `app-${index}`, domain: 'app.cloud.gov' });
    }
    app.synth();
  } finally {
    rmSync(outdir, { recursive: true, force: true });
  }
}

function fastest(work: () => void): number {
  const times = Array.from({ length: ROUNDS }, () => {
    const start = performance.now();
    work();
    return performance.now() - start;
  });
  return Math.min(...times);
}

function program(): void {
  const outdir = mkdtempSync(join(tmpdir(), 'bench-synth-'));
  const env = { ...process.env, CDKTF_OUTDIR: outdir };
  const { status, stderr } = spawnSync(process.execPath, ['--require', 'tsx/cjs', 'main.ts'], {
    env,
    encoding: 'utf8',
  });
  rmSync(outdir, { recursive: true, force: true });
  if (status !== 0) throw new Error(`main.ts failed:\n${stderr}`);
}

console.log(`main.ts, the whole program: ${fastest(program).toFixed(0)} ms`);
const perApplication = SIZES.map((count) => {
  const time = fastest(() => {
    synthesize(count);
  });
  console.log(`${count} applications: ${time.toFixed(0)} ms, ${(time / count).toFixed(2)} ms each`);
  return time / count;
});
const [, hundred = NaN, thousand = NaN] = perApplication;
console.log(`one of 1000 costs ${(thousand / hundred).toFixed(2)} times one of 100 (linear is 1)`);
