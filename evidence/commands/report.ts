import { Command, InvalidArgumentError, Option } from 'commander';
import { factsOf } from '../../review/commands/facts';
import { OUT, reporting, writeOut } from '../../review/commands/reporting';
import { InputError, readPlanFile, readTreeFolder } from '../../review/readers/input';
import { print } from '../../review/report/markdown';
import { checkChain, type Checked } from '../chain';
import type { Window } from '../history';
import { DEFAULT_SINCE } from '../limits';
import { assessmentResults, componentDefinition, OSCAL_VERSIONS, type OscalVersion } from '../oscal';
import type { Head } from '../record';
import { monthsBefore, pageOf, reportOf } from '../report';
import { type Framework, FRAMEWORKS } from '../requirements';
import { storeAt, type Writer } from './recorder';

const PRINTERS: Readonly<Record<string, (title: string, markdown: string) => string>> = {
  markdown: (_, markdown) => markdown,
  html: pageOf,
};

interface Options {
  readonly store: string;
  readonly since: (now: Date) => Date;
  readonly for: Framework;
  readonly format: string;
  readonly out?: string;
}

export function reportCommand({ now }: Writer): Command {
  return new Command('report')
    .description('reports how often each check ran, what failed, and when it was fixed, by indicator or control')
    .requiredOption('--store <store>', 'where the evidence is kept')
    .addOption(sinceOption())
    .addOption(
      new Option('--for <requirements>', 'whose').choices(Object.keys(FRAMEWORKS)).default('KSI' satisfies Framework),
    )
    .addOption(new Option('--format <format>', 'output format').choices(Object.keys(PRINTERS)).default('markdown'))
    .addOption(OUT)
    .action(
      reporting(async (options: Options) => {
        const window = windowOf(options.since, now());
        const markdown = print(reportOf(await evidenceIn(options.store), options.for, window));
        writeOut(PRINTERS[options.format]?.(`Evidence for ${options.for}`, markdown) ?? '', options.out);
      }),
    );
}

/** The intact part of a store; it must not be empty. */
export async function evidenceIn(store: string, known: readonly Head[] = []): Promise<Checked> {
  const checked = checkChain(await storeAt(store).open(), known);
  if (checked.records.length + checked.faults.length === 0) {
    throw new InputError(`${store} contains no evidence: check that it is the store that --record names`);
  }
  return checked;
}

const EARLIEST = new Date('2000-01-01T00:00:00Z');

/** @throws where it is no time of the past that a record can be of */
function windowOf(since: (now: Date) => Date, until: Date): Window {
  const from = since(until);
  if (from >= until) throw new InputError('--since is not in the past: give an earlier day');
  if (from < EARLIEST) throw new InputError('--since is before the year 2000: give a later day');
  return { since: from, until };
}

function sinceOption(): Option {
  return new Option('--since <time>', 'a day, as in 2026-01-31, or how long ago: 30d, 6m, 2y')
    .argParser(readSince)
    .default(readSince(DEFAULT_SINCE), DEFAULT_SINCE);
}

export function readSince(text: string): (now: Date) => Date {
  const [, count = '', unit = ''] = /^([1-9][0-9]{0,3})([dmy])$/.exec(text) ?? [];
  if (unit === 'd') return (now) => new Date(now.getTime() - Number(count) * 86_400_000);
  if (unit !== '') return (now) => monthsBefore(now, Number(count) * (unit === 'y' ? 12 : 1));
  const day = new Date(`${text}T00:00:00Z`);
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text) || Number.isNaN(day.getTime()) || day.toISOString().slice(0, 10) !== text) {
    throw new InvalidArgumentError('write a day, as in 2026-01-31, or how long ago: 30d, 6m, 2y.');
  }
  return () => day;
}

interface OscalOptions {
  readonly store?: string;
  readonly since: (now: Date) => Date;
  readonly tree?: string;
  readonly oscal: OscalVersion;
  readonly out?: string;
}

export function oscalCommand({ now, command }: Writer): Command {
  return new Command('oscal')
    .description('writes a component definition, or assessment results from the evidence, in OSCAL as JSON')
    .argument('<document>', 'component-definition or assessment-results')
    .argument(
      '[plans...]',
      'for a component definition: JSON of saved plans, whose spaces, policies and lists it names',
    )
    .option('--tree <dir>', 'for a component definition: output of cdktf synth, instead of or in addition to plans')
    .option('--store <store>', 'for assessment results: where the evidence is kept')
    .addOption(sinceOption())
    .addOption(new Option('--oscal <version>', 'release of OSCAL').choices(OSCAL_VERSIONS).default('1.2.2'))
    .addOption(OUT)
    .action(
      reporting(async (document: string, files: string[], options: OscalOptions) => {
        const written = await documentOf(document, files, options, now(), command);
        writeOut(`${JSON.stringify(written, undefined, 2)}\n`, options.out);
      }),
    );
}

async function documentOf(
  document: string,
  files: readonly string[],
  { store, since, tree, oscal }: OscalOptions,
  now: Date,
  version: string,
): Promise<object> {
  if (document === 'component-definition') {
    const code = { plans: files.map(readPlanFile), trees: tree === undefined ? [] : readTreeFolder(tree) };
    const facts = code.plans.length + code.trees.length > 0 ? factsOf(code) : undefined;
    return componentDefinition(facts, { now, version, oscal });
  }
  if (document !== 'assessment-results') {
    throw new InputError(`"${document}" is not supported: give component-definition or assessment-results`);
  }
  if (store === undefined) throw new InputError('assessment results need evidence: add --store');
  return assessmentResults(await evidenceIn(store), windowOf(since, now), oscal);
}
