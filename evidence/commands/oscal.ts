import { Command, Option } from 'commander';
import { factsOf } from '../../review/commands/facts';
import { OUT, reporting, writeOut } from '../../review/commands/reporting';
import { InputError, readPlanFile, readTreeFolder } from '../../review/readers/input';
import { assessmentResults } from '../oscal/assessment';
import { componentDefinition } from '../oscal/component';
import { OSCAL_VERSIONS, type OscalVersion } from '../oscal/document';
import type { Writer } from './recorder';
import { evidenceIn, sinceOption, windowOf } from './report';

interface Options {
  readonly store?: string;
  readonly since: (now: Date) => Date;
  readonly tree?: string;
  readonly oscal: OscalVersion;
  readonly out?: string;
}

/** `space-egress evidence oscal`: the evidence in a format for assessors' tools. */
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
      reporting(async (document: string, files: string[], options: Options) => {
        const written = await documentOf(document, files, options, now(), command);
        writeOut(`${JSON.stringify(written, undefined, 2)}\n`, options.out);
      }),
    );
}

async function documentOf(
  document: string,
  files: readonly string[],
  { store, since, tree, oscal }: Options,
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
