import { readFileSync } from 'node:fs';
import { Command, InvalidArgumentError } from 'commander';
import { line } from '../../review/report/escape';
import { InputError, readPlanFile, readTreeFolder } from '../../review/readers/input';
import { reporting, wholeNumber, WIDENS, type Found, type Recorder } from '../../review/commands/reporting';
import { type Head, headText, readHeadText } from '../record';
import { oscalCommand, evidenceIn, reportCommand } from './report';
import { record, transfer, type Writer } from './recorder';

export function evidenceCommand(writer: Writer): Command {
  return new Command('evidence')
    .description('a tamper-evident history of reviews, approvals, audits, and packet tests')
    .addHelpText('after', STORES)
    .addCommand(recordCommand(writer))
    .addCommand(checkCommand())
    .addCommand(reportCommand(writer))
    .addCommand(oscalCommand(writer));
}

const STORES = `
A store is a folder; or git:BRANCH, a branch of the repository here, which is
pushed to origin if there is one; or s3://BUCKET/PREFIX, with region, endpoint
and credentials as AWS's own commands find them.`;

/** Implements `--record` of the other commands. */
export function recorder(writer: Writer): Recorder {
  return async (store: string, { kind, result, commit, pullRequest, ...rest }: Found) => {
    const head = await record(
      store,
      {
        ...rest,
        text: typeof result === 'string' ? result : { kind, ...result },
        circumstances: { ...(commit !== undefined && { commit }), ...(pullRequest !== undefined && { pullRequest }) },
      },
      writer,
    );
    process.stderr.write(`${line(said(store, head))}\n`);
  };
}

/** With this head kept elsewhere, anyone can later tell that nothing was removed. */
const said = (store: string, head: Head): string => `recorded in ${store}, whose head is ${headText(head)}`;

interface RecordOptions {
  readonly store: string;
  readonly from?: string;
  readonly subject?: string;
  readonly commit?: string;
  readonly pullRequest?: number;
  readonly plan: readonly string[];
  readonly tree?: string;
  readonly sbom?: string;
  readonly lock?: string;
}

function recordCommand(writer: Writer): Command {
  return new Command('record')
    .description('adds results to the evidence: JSON of review, review-publish, audit and verify')
    .argument('[files...]', 'one result each')
    .requiredOption('--store <store>', 'where the evidence is kept')
    .option(
      '--from <store>',
      'also add all records of this store unchanged, for example of a job that may not write to the other store',
    )
    .option(
      '--subject <text>',
      'what the result is about, if it does not say so itself, such as the name of an application',
    )
    .option('--commit <sha>', 'commit of the code, instead of GITHUB_SHA')
    .option('--pull-request <number>', 'number of the pull request, instead of the one in GITHUB_REF', wholeNumber)
    .option(
      '--plan <file>',
      'JSON of a saved plan; may be repeated. Only hashes and versions of it are kept',
      again,
      [],
    )
    .option('--tree <dir>', 'output of cdktf synth, for the proxies and their lists if there is no plan')
    .option('--sbom <file>', 'bill of materials of the proxy’s image, whose hash is kept')
    .option('--lock <file>', 'lock file of the providers, .terraform.lock.hcl by default')
    .action(
      reporting(async (files: string[], options: RecordOptions) => {
        const { store, from, commit, pullRequest, subject, tree, sbom, lock } = options;
        if (files.length === 0 && from === undefined) {
          throw new InputError('nothing to record: give files, or another store with --from');
        }
        const say = (head: Head): void => void process.stdout.write(`${line(said(store, head))}\n`);
        if (from !== undefined) say(await transfer(from, store, writer));
        const plans = options.plan.map(readPlanFile);
        const trees = tree === undefined ? [] : readTreeFolder(tree);
        const circumstances = {
          ...(commit !== undefined && { commit }),
          ...(pullRequest !== undefined && { pullRequest }),
        };
        for (const file of files) {
          const text = read(file);
          const result = { text, code: { plans, trees }, circumstances, subject, sbom, lock };
          say(await record(store, result, writer));
        }
      }),
    );
}

function checkCommand(): Command {
  return new Command('check')
    .description('finds missing or changed evidence')
    .requiredOption('--store <store>', 'where the evidence is kept')
    .option('--head <number:hash>', 'a head that "record" printed and that you kept; may be repeated', addHead, [])
    .addHelpText(
      'after',
      '\nExit code 0: nothing is missing or changed. 2: something is. 1: an error.\n' +
        'Anyone who can write to the store can rewrite all of it, or cut off its end\n' +
        'with its head: only a head that you kept elsewhere shows that.',
    )
    .action(
      reporting(async ({ store, head: known }: { store: string; head: readonly Head[] }) => {
        const { records, head, faults } = await evidenceIn(store, known);
        for (const { name, problem } of faults) process.stdout.write(`${line(`${name} ${problem}`)}\n`);
        const sum = faults.length === 0 ? 'nothing is missing or changed' : `${faults.length} faults`;
        process.stdout.write(`${line(`${records.length} records, ${sum}; the head is ${headText(head)}`)}\n`);
        if (faults.length > 0) process.exitCode = WIDENS;
      }),
    );
}

function read(file: string): string {
  try {
    return readFileSync(file === '-' ? 0 : file, 'utf8');
  } catch (error) {
    throw new InputError(`${file} can't be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

const again = (value: string, before: readonly string[]): readonly string[] => [...before, value];

function addHead(text: string, before: readonly Head[]): readonly Head[] {
  const head = readHeadText(text);
  if (head === undefined) throw new InvalidArgumentError('write NUMBER:HASH, as "evidence record" prints it.');
  return [...before, head];
}
