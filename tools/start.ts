/** `npm start`: from a fresh clone to the deployed and checked example, and quickly so the next time. */
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as foundation from '@space-egress/foundation';
import { printRows } from '../cli/verify/print';
import { verify } from '../cli/verify/verify';
import { localOptions, outputsOf } from '../cli/verify/options';
import { readConfig } from '../config';
import { awaitApplications, demoStack, deploySummary, foundationName, ROOT, STACK, startFoundation } from './demo';
import { Failure } from './failure';
import { endWithFailure, formatDuration, Progress } from './progress';

const STATE = join(ROOT, `terraform.${STACK}.tfstate`);
const STATE_OWNER = join(ROOT, 'cdktf.out', 'foundation.json');

/** Lines of an engine that say what it is doing. */
const ACTIVITY = /(\S+): (Creating|Modifying|Destroying|Refreshing state|Reading)\.\.\./;

/**
 * A state that describes a foundation which is gone would only fail: its security groups can't be read any more. It is
 * moved aside, not deleted.
 */
export function setAsideForeignState(id: string): string | undefined {
  const owner = existsSync(STATE_OWNER) ? readFileSync(STATE_OWNER, 'utf8') : undefined;
  writeFileSync(STATE_OWNER, id);
  if (owner === id || !existsSync(STATE)) {
    return undefined;
  }
  const aside = `${STATE}.of-another-foundation`;
  renameSync(STATE, aside);
  return aside;
}

async function main(): Promise<void> {
  const started = performance.now();
  const progress = new Progress();
  const name = foundationName();
  const { env } = await startFoundation(progress, name);
  await progress.step(
    'deploy',
    (report) =>
      demoStack(env, (line) => {
        const [, address, action] = ACTIVITY.exec(line) ?? [];
        if (address !== undefined && action !== undefined) {
          report(`${action.toLowerCase()} ${address}`);
        }
      }).deploy(),
    deploySummary,
  );
  await progress.step(
    'applications',
    () => awaitApplications(env),
    (apps) => apps.map(({ app, running, wanted }) => `${app} ${running}/${wanted}`).join(', '),
  );
  const outputs = outputsOf(await demoStack(env).outputs());
  const options = await localOptions(env, readConfig(env), outputs, foundation);
  const rows = await progress.step(
    'requests',
    () => verify(options),
    (all) => `${all.length} sent`,
  );
  process.stdout.write(`\n${printRows(rows, process.stdout.isTTY ? process.stdout.columns : 80).join('\n')}\n`);
  if (rows.some((row) => !row.ok)) {
    throw new Failure(
      'the deployed system does not do what it should',
      'rows marked ✗ differ from what was expected',
      `look at the logs: npx space-egress local logs egress-proxy --name ${name}`,
    );
  }
  process.stdout.write(
    `\nThe demo runs at ${options.appUrl} (${formatDuration(performance.now() - started)} in all).\n`,
  );
  process.stdout.write('To remove everything: npm run down\n');
}

main().catch(endWithFailure);
