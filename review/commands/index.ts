import { existsSync, mkdirSync, readFileSync, writeFileSync, readdirSync, realpathSync } from 'node:fs';
import { join, delimiter } from 'node:path';
import { Command, Option } from 'commander';
import { dayOf } from '../../constructs/values/day';
import { admit } from '../admission/admission';
import { Lock, LOCK_FILE } from '../admission/lock';
import { factsOf, OUTPUT, readCode, type Code } from './facts';
import { RECORD, recorded, type Recorder, OUT, reporting, WIDENS, writeOut } from './reporting';
import { explain } from '../explain';
import { lazily } from '../model/maps';
import { Model } from '../model/model';
import { planned } from '../planning/plan';
import { readVariables } from '../planning/providers';
import { InputError, reading, readJson, readPlanFile, readTreeFolder } from '../readers/input';
import type { SynthesizedStack } from '../readers/tree';
import { ofCommit } from '../report/digest';
import { line } from '../report/escape';
import { json } from '../report/json';
import { markdown } from '../report/markdown';
import { needsApproval, type Report } from '../report/report';
import { text } from '../report/text';
import { reviewPlans, reviewTrees } from '../review';
import { readSettings, DEFAULT_SETTINGS, SETTINGS_FILE, type Settings } from '../settings';

export { auditCommand } from './audit';
export { fromHclCommand } from './hcl';
export type { Platform } from '../readers/live';
export { reviewPublishCommand } from './publish';
export { INCONCLUSIVE, WIDENS } from './reporting';
export { RECORD, recorded, type Recorder } from './reporting';

const PRINTERS: Readonly<Record<string, (report: Report) => string>> = { markdown, json, text };

const TREE = new Option('--tree <dir>', 'synthesized program of the plans: construct paths and acknowledgements');
const SETTINGS = new Option(
  '--config <file>',
  `settings of the repository (${SETTINGS_FILE} by default): harmless providers, image repositories of proxies`,
);

/**
 * `space-egress review`: what a change opens and closes.
 *
 * @param record stores what was found, if requested
 */
export function reviewCommand(record?: Recorder): Command {
  return new Command('review')
    .description('shows what a change opens and closes, from saved plans or from two synthesized programs')
    .argument(
      '[plans...]',
      'JSON of saved plans (terraform show -json); give plans of the same environment as ENV=FILE',
    )
    .option(
      '--before <dir>',
      'output of cdktf synth before the change; with plans and --tree, for what plans do not show',
    )
    .option('--after <dir>', 'output of cdktf synth after the change')
    .addOption(TREE)
    .addOption(SETTINGS)
    .option('--unplanned <reason>', 'with two programs, why the expected plan is missing: adds an unknown row')
    .option('--commit <sha>', 'always require an approval, for exactly this commit: for a change from a fork')
    .addOption(new Option('--format <format>', 'output format').choices(Object.keys(PRINTERS)).default('text'))
    .addOption(OUT)
    .addOption(RECORD)
    .addHelpText(
      'after',
      '\nExit code 0: nothing opens. 2: something opens or is unknown, or --commit is\ngiven. 1: an error.',
    )
    .action(
      reporting(
        async (
          plans: string[],
          options: {
            before?: string;
            after?: string;
            tree?: string;
            config?: string;
            unplanned?: string;
            commit?: string;
            format: string;
            out?: string;
            record?: string;
          },
        ) => {
          const { commit, record: store } = options;
          await recorded({ store, record }, { kind: 'review', ...(commit !== undefined && { commit }) }, () => {
            const input = readInput(plans, options);
            const read = reviewOf(input, options);
            const report = commit === undefined ? read : ofCommit(read, commit);
            writeOut(PRINTERS[options.format]?.(report) ?? '', options.out);
            if (needsApproval(report)) process.exitCode = WIDENS;
            const stacks = [...input.plans.map(({ stack }) => stack), ...input.trees.map(({ name }) => name)];
            const subject = [...new Set(stacks)].sort().join(', ');
            return Promise.resolve(lazily(['result'], () => json(report), { code: input, subject }));
          });
        },
      ),
    );
}

/** `space-egress explain`: why one application can or can't reach something. */
export function explainCommand(): Command {
  return new Command('explain')
    .description(
      'explains why an application can or cannot reach another application, a service, a host, or an address',
    )
    .argument('<from>', 'an application')
    .argument('<to>', 'an application, a service, HOST[:PORT] or ADDRESS[:PORT]')
    .argument('[plans...]', 'JSON of saved plans')
    .addOption(OUTPUT)
    .action(
      reporting((from: string, to: string, plans: string[], options: { tree?: string }) => {
        const model = new Model(factsOf(readCode(plans, options.tree)), dayOf(new Date()));
        const { answer, reasons } = explain(model, from, to);
        const lines = [`${from} -> ${to}: ${answer}`, ...reasons.map((reason) => `  ${reason}`)];
        process.stdout.write(`${lines.map(line).join('\n')}\n`);
      }),
    );
}

/** What a change is read from: plans with the program that made them, or two states of a program. */
interface Input extends Code {
  readonly before?: readonly SynthesizedStack[];
}

function readInput(
  plans: readonly string[],
  options: { before?: string; after?: string; tree?: string; unplanned?: string },
): Input {
  const { before, after, tree, unplanned } = options;
  const both = before !== undefined && after !== undefined;
  const isBeside = plans.length > 0 && after === undefined && tree !== undefined;
  if ((before === undefined) !== (after === undefined) && !isBeside) {
    throw new InputError(
      'use --before with --after, or with --tree and plans: give the output of cdktf synth before and after the change',
    );
  }
  if (both === plans.length > 0) {
    throw new InputError('give either plans (JSON of saved plans) or --before and --after, not both');
  }
  if (unplanned !== undefined && !both) {
    throw new InputError('--unplanned says why there is no plan: use it with --before and --after, without plans');
  }
  return both
    ? { plans: [], before: readTreeFolder(before), trees: readTreeFolder(after) }
    : {
        plans: plans.map(readPlanFile),
        trees: tree === undefined ? [] : readTreeFolder(tree),
        ...(before !== undefined && { before: readTreeFolder(before) }),
      };
}

function reviewOf({ plans, trees, before }: Input, options: { config?: string; unplanned?: string }): Report {
  const today = dayOf(new Date());
  const settings = settingsOf(options.config);
  return plans.length > 0
    ? reviewPlans(plans, trees, today, settings, before)
    : reviewTrees(before ?? [], trees, today, settings, options.unplanned);
}

/** A file that was named must exist; the default one need not. */
function settingsOf(file: string | undefined): Settings {
  if (file === undefined && !existsSync(SETTINGS_FILE)) return DEFAULT_SETTINGS;
  const found = file ?? SETTINGS_FILE;
  return reading(found, () => readSettings(readJson(found)));
}

interface Options {
  readonly change: string;
  readonly merged: string;
  readonly stacks: string;
  readonly lock: string;
  readonly out: string;
}

/** `space-egress review-admit`: decides whether a change may be planned with credentials. */
export function reviewAdmitCommand(): Command {
  return new Command('review-admit')
    .description('decides whether the stacks of a pull request may be planned with credentials, and rewrites them')
    .requiredOption('--change <dir>', 'output of cdktf synth of the pull request')
    .requiredOption('--merged <dir>', 'output of cdktf synth of the default branch')
    .option('--stacks <names>', 'names of the stacks under review, separated by spaces; all if omitted', '')
    .option('--lock <file>', 'lock file of the default branch: its providers by version and hashes', LOCK_FILE)
    .requiredOption('--out <dir>', 'where to write the stacks that may be planned, and nothing else')
    .addHelpText('after', '\nExit code 0: they may. 2: they may not; the reasons are printed. 1: an error.')
    .action(
      reporting(({ change, merged, stacks: under, lock, out }: Options) => {
        const names = under.split(/\s+/).filter((name) => name !== '');
        const isUnder = ({ name }: { readonly name: string }): boolean => names.length === 0 || names.includes(name);
        const [changed, old] = [readTreeFolder(change), readTreeFolder(merged).filter(isUnder)];
        const providers = new Lock(existsSync(lock) ? readFileSync(lock, 'utf8') : '');
        const { reasons: own, stacks } = admit(changed, old);
        // The comment shows the first reason, so the most informative one comes first.
        const reasons = [...providers.reasonsAsked(changed, old), ...own, ...providers.reasonsImplied(changed, old)];
        process.stdout.write(reasons.map((reason) => `${line(reason)}\n`).join(''));
        if (reasons.length > 0) {
          process.exitCode = WIDENS;
          return;
        }
        for (const { name, json } of stacks) {
          mkdirSync(join(out, name), { recursive: true });
          writeFileSync(join(out, name, 'cdk.tf.json'), `${JSON.stringify(json, null, 2)}\n`);
          writeFileSync(join(out, name, LOCK_FILE), providers.of(json));
        }
      }),
    );
}

/** `space-egress review-plan`: plans what was admitted, in an environment with nothing else of value. */
export function reviewPlanCommand(): Command {
  return new Command('review-plan')
    .description(
      'plans what review-admit has written, in containers that contain only what the engine and the providers need',
    )
    .requiredOption('--stacks <dir>', 'what review-admit has written')
    .requiredOption('--out <dir>', 'where to write the plans, as STACK.json: they contain secrets in clear text')
    .option('--engine <name>', 'terraform or tofu, from the PATH', 'terraform')
    .addHelpText(
      'after',
      '\nReads lines of NAME=VALUE from the variables CONFIG and CREDENTIALS. Only the provider gets CF_*.\n' +
        'Needs Docker. Exit code 0: the plans were written. 1: an error; output of engine and providers is never shown.',
    )
    .action(
      reporting(async ({ stacks, out, engine }: { stacks: string; out: string; engine: string }) => {
        const credentials = readVariables(process.env.CREDENTIALS ?? '');
        for (const value of Object.values(credentials))
          if (value !== '') process.stdout.write(`::add-mask::${value.replaceAll('%', '%25')}\n`);
        const variables = { ...readVariables(process.env.CONFIG ?? ''), ...credentials };
        mkdirSync(out, { recursive: true });
        for (const name of readdirSync(stacks)) {
          const json = await planned({ stack: realpathSync(join(stacks, name)), engine: onPath(engine), variables });
          writeFileSync(join(out, `${name}.json`), json, { mode: 0o600 });
        }
      }),
    );
}

function onPath(name: string): string {
  const found = (process.env.PATH ?? '')
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find((path) => existsSync(path));
  if (found === undefined)
    throw new InputError(`${name} is not on the PATH: install it, or choose another one with --engine`);
  return realpathSync(found);
}
