/**
 * `npm run down [-- --purge]`: destroys the stack through the engine, then removes the foundation. Nothing of ours stays
 * but the cached tools, and with `--purge` not even those.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { down, status } from '@space-egress/foundation';
import { cacheRoot } from './cache';
import { stopContainerEngine } from './container-engine';
import { demoStack, foundationName, ROOT, STACK, stackEnvironment } from './demo';
import { Failure } from './failure';
import { endWithFailure, Progress } from './progress';
import { setUpEngine } from './setup';

const FILES = ['cdktf.out', 'cdktf.log', `terraform.${STACK}.tfstate`, `terraform.${STACK}.tfstate.backup`];

async function main(args: readonly string[]): Promise<void> {
  const unknown = args.find((arg) => arg !== '--purge');
  if (unknown !== undefined) {
    throw new Failure(`no option "${unknown}"`, 'there is one, --purge', 'npm run down, or npm run down -- --purge');
  }
  const purge = args.includes('--purge');
  const progress = new Progress();
  const name = foundationName();
  const { state } = await progress.step(
    'look',
    () => status({ name }),
    (found) => `foundation ${name} is ${found.state}`,
  );
  if (state === 'running' && demoStack(process.env).deployed) {
    const env = await stackEnvironment(name, await setUpEngine(progress));
    await progress.step(
      'destroy',
      () => demoStack(env).destroy(),
      (output) => /\d+ destroyed/.exec(output)?.[0],
    );
  }
  await progress.step(
    'foundation',
    () => down({ name, purge }),
    () => 'removed',
  );
  FILES.forEach((file) => {
    rmSync(join(ROOT, file), { recursive: true, force: true });
  });
  if (purge) {
    await progress.step('container engine', stopContainerEngine, (stopped) =>
      stopped ? 'stopped' : 'not ours, left running',
    );
    rmSync(cacheRoot(), { recursive: true, force: true });
  }
}

main(process.argv.slice(2)).catch(endWithFailure);
