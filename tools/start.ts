/** `npm start`: from a fresh clone to the deployed and checked example, and faster the next time. */
import * as foundation from '@space-egress/foundation';
import { printStory } from '../cli/deploy-log/story';
import { describe, NotRunning } from '../cli/instances';
import { printRows, outcomeOfAll } from '../cli/verify/result';
import { verify } from '../cli/verify/verify';
import { localOptions, outputsOf } from '../cli/verify/options';
import { readConfig } from '../config';
import { refuseArguments, enter } from './entry';
import { Interrupted } from './command';
import {
  awaitApplications,
  demoStack,
  deploySummary,
  failedDeployments,
  foundationName,
  selectState,
  startFoundation,
} from './demo';
import { Failure, reasonOf } from './failure';
import { formatDuration, Progress, type Report } from './progress';
import { StackFailure } from './stack';
import type { Selection } from './state-file';

const HELP = `usage: npm start

Starts a local foundation and deploys the example to it, then sends the requests
that must get out and those that must not. Continues from what is already there.

EGRESS_FOUNDATION  the foundation's name; "${foundation.DEFAULT_NAME}" by default
EGRESS_ENGINE      terraform or tofu; else the first of them that is there
The variables of config.ts say what is deployed. npm run down removes it all.`;

/** Lines that show what an engine is doing. */
const ACTIVITY = /(\S+): (Creating|Modifying|Destroying|Refreshing state|Reading)\.\.\./;

const SELECTIONS: Readonly<Record<Selection, string>> = {
  'its own': '',
  'another set aside': '; the state of another foundation was set aside',
  'its own brought back': '; the state of this foundation was brought back',
};

/** What failed and why, if some requests didn't end as expected. */
const UNEXPECTED = {
  'not as expected': ['the deployed system does not do what it should', 'rows marked ✗ differ from what was expected'],
  inconclusive: ['whether the deployed system does what it should is unknown', 'rows marked ? could not be tried'],
} as const;

const troubleFailure = (
  troubles: readonly { readonly app: string; readonly text: string }[],
  reason: string,
  name: string,
): Failure =>
  new Failure(
    troubles.map(({ text }) => text).join('\n'),
    reason,
    `correct it and run npm start again; the whole log: ` +
      troubles.map(({ app }) => `npm run space-egress -- local logs ${app} --name ${name}`).join(', '),
  );

/** If an application doesn't start, the engine reports only a timeout, so this asks the platform for the reason. */
async function deploy(name: string, env: NodeJS.ProcessEnv, report: Report): Promise<string> {
  const began = new Date();
  let prefix = '';
  const stack = demoStack(env, {
    onLine: (line) => {
      const [, address, action] = ACTIVITY.exec(line) ?? [];
      if (address !== undefined && action !== undefined) report(`${prefix}${action.toLowerCase()} ${address}`);
    },
    onInterrupt: () => {
      prefix = 'finishing first, press Ctrl-C again to stop now: ';
      report(prefix);
    },
  });
  try {
    return await stack.deploy();
  } catch (error) {
    if (error instanceof Interrupted) throw afterInterruption(error);
    if (!(error instanceof StackFailure)) throw error;
    // Report the first failure, even if the platform can't say more about it.
    const stories = await failedDeployments(env, began).catch(() => []);
    const troubles = stories.map((story) => ({ app: story.app, text: printStory(story).join('\n') }));
    throw troubles.length === 0 ? error : troubleFailure(troubles, reasonOf(error), name);
  }
}

const afterInterruption = ({ signal, cutOff }: Interrupted): Interrupted =>
  new Interrupted(
    signal,
    cutOff,
    cutOff
      ? 'the state is written, but may lack what was being created: if npm start fails on that, run npm run down'
      : 'the deployment was finished first; npm start continues from there',
  );

async function applications(name: string, env: NodeJS.ProcessEnv): ReturnType<typeof awaitApplications> {
  try {
    return await awaitApplications(env);
  } catch (error) {
    if (!(error instanceof NotRunning)) throw error;
    const troubles = error.troubles.map((trouble) => ({ app: trouble.app, text: describe(trouble) }));
    throw troubleFailure(troubles, 'they were deployed, but do not stay up', name);
  }
}

async function main(args: readonly string[]): Promise<void> {
  refuseArguments('npm start', args, 'set EGRESS_FOUNDATION, EGRESS_ENGINE and the variables of config.ts');
  const started = performance.now();
  const progress = new Progress();
  const name = foundationName();
  // Report wrong settings before anything is created.
  readConfig();
  const { env } = await startFoundation(progress, name);
  const selection = await selectState(env);
  await progress.step(
    'deploy',
    (report) => deploy(name, env, report),
    (output) => `${deploySummary(output)}${SELECTIONS[selection]}`,
  );
  await progress.step(
    'applications',
    () => applications(name, env),
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
  const outcome = outcomeOfAll({ rows });
  if (outcome !== 'as expected') {
    const [what, why] = UNEXPECTED[outcome];
    throw new Failure(what, why, `look at the logs: npm run space-egress -- local logs egress-proxy --name ${name}`);
  }
  process.stdout.write(
    `\nThe demo runs at ${options.appUrl} (${formatDuration(performance.now() - started)} in all).\n`,
  );
  const other = process.env.EGRESS_FOUNDATION === undefined ? '' : `EGRESS_FOUNDATION=${name} `;
  process.stdout.write(`To remove everything: ${other}npm run down\n`);
}

enter(HELP, main);
