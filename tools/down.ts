/**
 * `npm run down [-- --purge]`: destroys the stack through the engine, then removes the foundation. Only the cached
 * tools remain, and with `--purge` not even those.
 */
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DEFAULT_NAME, down, list, status } from '@space-egress/foundation';
import { cacheRoot } from './cache';
import { stopContainerEngine } from './container-engine';
import { demoStack, foundationName, ROOT, selectState, stackEnvironment } from './demo';
import { enter } from './entry';
import { Failure } from './failure';
import { Progress } from './progress';
import { setUpEngine } from './setup';
import { OUTPUTS_FILE } from './stack';

const HELP = `usage: npm run down [-- --purge]

Destroys what npm start has deployed, then removes the foundation.

--purge            also removes the images, the data and the cached tools
EGRESS_FOUNDATION  the foundation's name; "${DEFAULT_NAME}" by default`;

/** What cdktf writes to a checkout. */
const FILES = ['cdktf.out', 'cdktf.log', OUTPUTS_FILE];

/** Through the engine, to prove that everything that a deployment creates is also destroyed. */
async function destroy(name: string, progress: Progress): Promise<void> {
  const env = await stackEnvironment(name, await setUpEngine(progress));
  await selectState(env);
  const stack = demoStack(env);
  if (!stack.deployed) return;
  await progress.step(
    'destroy',
    () => stack.destroy(),
    (output) => /\d+ destroyed/.exec(output)?.[0],
  );
}

async function purgeTools(): Promise<string> {
  const stopped = await stopContainerEngine();
  const cache = cacheRoot();
  const there = existsSync(cache);
  rmSync(cache, { recursive: true, force: true });
  return `${there ? `${cache} removed` : 'none were kept'}${stopped ? ', container engine stopped' : ''}`;
}

async function main(args: readonly string[]): Promise<void> {
  const unknown = args.find((arg) => arg !== '--purge');
  if (unknown !== undefined) {
    throw new Failure(
      `no option "${unknown}"`,
      'the only option is --purge',
      'npm run down, or npm run down -- --purge',
    );
  }
  const purge = args.includes('--purge');
  const progress = new Progress();
  const name = foundationName();
  const { state } = await progress.step(
    'look',
    () => status({ name }),
    (found) => `foundation ${name} is ${found.state}`,
  );
  if (state === 'running') await destroy(name, progress);
  await progress.step(
    'foundation',
    () => down({ name, purge }),
    () => 'removed',
  );
  const files = demoStack(process.env).state;
  files.remove();
  // Without any foundation, there is nothing left that they could describe.
  if ((await list()).length === 0) files.removeAside();
  FILES.forEach((file) => {
    rmSync(join(ROOT, file), { recursive: true, force: true });
  });
  if (purge) await progress.step('tools', purgeTools, (what) => what);
}

enter(HELP, main);
