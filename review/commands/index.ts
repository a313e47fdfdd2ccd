import { existsSync } from 'node:fs';
import { Command, Option } from 'commander';
import { dayOf } from '../../constructs/values/day';
import { explain } from '../explain';
import { lazily } from '../model/maps';
import { Model } from '../model/model';
import { InputError, reading, readJson, readPlanFile, readTreeFolder } from '../readers/input';
import { line } from '../report/escape';
import { json } from '../report/json';
import { markdown } from '../report/markdown';
import { ofCommit } from '../report/digest';
import type { SynthesizedStack } from '../readers/tree';
import { needsApproval, type Report } from '../report/report';
import { readSettings, DEFAULT_SETTINGS, SETTINGS_FILE, type Settings } from '../settings';
import { factsOf, OUTPUT, readCode, type Code } from './facts';
import { RECORD, recorded, type Recorder, OUT, reporting, WIDENS, writeOut } from './reporting';
import { reviewPlans, reviewTrees } from '../review';
import { text } from '../report/text';

export { reviewAdmitCommand } from './plan';
export { auditCommand } from './audit';
export { fromHclCommand } from './hcl';
export { reviewPlanCommand } from './plan';
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
