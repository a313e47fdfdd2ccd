import { existsSync, writeFileSync } from 'node:fs';
import { Command } from 'commander';
import { audit, auditJson, auditText } from '../audit';
import { auditOf, readBaseline } from '../organization/audit';
import { organizationCsv, organizationText } from '../organization/text';
import type { OrganizationAudit, Outcome } from '../organization/document';
import { organizationPage } from '../organization/page';
import { readOrganization } from '../organization/read';
import { InputError, reading, readJson } from '../readers/input';
import { isUnanswered, type Platform } from '../readers/live';
import { line } from '../report/escape';
import { factsOf, OUTPUT, readCode } from './facts';
import {
  RECORD,
  recorded,
  type Found,
  type Recorder,
  INCONCLUSIVE,
  OUT,
  reporting,
  WIDENS,
  writeOut,
} from './reporting';

interface Options {
  readonly tree?: string;
  readonly org?: string;
  readonly baseline?: string;
  readonly json?: boolean;
  readonly csv?: boolean;
  readonly html?: string;
  readonly out?: string;
  readonly record?: string;
}

const CODES: Readonly<Record<Outcome, number>> = {
  'as expected': 0,
  'not as expected': WIDENS,
  inconclusive: INCONCLUSIVE,
};

/**
 * `space-egress audit`: what is on the platform but not in the code, and the reverse; or, without code, who in an
 * organization can reach what.
 *
 * @param connect logs in; the caller knows the account
 * @param record stores what was found, if requested
 */
export function auditCommand(connect: () => Promise<Platform>, record?: Recorder): Command {
  return new Command('audit')
    .description('compares the code with the platform, or shows who in an organization can reach what, and why')
    .argument('[plans...]', 'JSON of saved plans; if omitted, the synthesized program is compared')
    .addOption(OUTPUT)
    .option('--org <name>', 'without code: everything in this organization that the account can see')
    .option('--baseline <file>', 'with --org: earlier output of --json; shows what has opened since')
    .option('--json', 'JSON output; with --org, also the --baseline of a later run')
    .option('--csv', 'with --org: CSV for a spreadsheet')
    .option('--html <file>', 'with --org: also write a page with a picture')
    .addOption(OUT)
    .addOption(RECORD)
    .addHelpText(
      'after',
      '\nExit code 0: no difference, or nothing has opened since the baseline. 2: they\ndiffer, or something has opened. 3: inconclusive, because something could not be\nread. 1: an error. Changes nothing.',
    )
    .action(
      reporting(async (plans: string[], options: Options) => {
        const { org, record: store } = options;
        const about = { kind: 'audit', ...(org !== undefined && { subject: org }) } as const;
        try {
          await recorded({ store, record }, about, () =>
            org === undefined ? auditCode(plans, options, connect) : auditOrganization(org, plans, options, connect),
          );
        } catch (error) {
          if (!isUnanswered(error)) throw error;
          process.stderr.write(`space-egress: inconclusive: ${line(error.message)}\n`);
          process.exitCode = INCONCLUSIVE;
        }
      }),
    );
}

async function auditCode(
  plans: readonly string[],
  options: Options,
  connect: () => Promise<Platform>,
): Promise<Omit<Found, 'kind'>> {
  const alone = (['baseline', 'csv', 'html'] as const).find((name) => options[name] !== undefined);
  if (alone !== undefined) throw new InputError(`--${alone} needs an organization: add --org NAME`);
  const code = readCode(plans, options.tree);
  const result = await audit(factsOf(code), await connect());
  const json = auditJson(result);
  writeOut(options.json === true ? json : auditText(result), options.out);
  if (result.extra.length + result.missing.length > 0) process.exitCode = WIDENS;
  else if (result.unknown.length > 0) process.exitCode = INCONCLUSIVE;
  return { result: json, code };
}

async function auditOrganization(
  name: string,
  plans: readonly string[],
  options: Options,
  connect: () => Promise<Platform>,
): Promise<Omit<Found, 'kind'>> {
  const { baseline: file } = options;
  if (plans.length > 0 || options.tree !== undefined) {
    throw new InputError('--org is for what has no code: give either --org, or plans or --tree');
  }
  if (options.json === true && options.csv === true) throw new InputError('give either --json or --csv, not both');
  if (file !== undefined && !existsSync(file)) {
    throw new InputError(
      `there is no baseline ${file}: create it with space-egress audit --org ${name} --json --out ${file}`,
    );
  }
  const last = file === undefined ? undefined : reading(file, () => readBaseline(readJson(file), name));
  const document = auditOf(await readOrganization(await connect(), name), new Date(), last);
  writeOut(PRINTERS[options.json === true ? 'json' : options.csv === true ? 'csv' : 'text'](document), options.out);
  if (options.html !== undefined) {
    writeFileSync(options.html, await organizationPage(document));
  }
  process.exitCode = document.outcome === undefined ? 0 : CODES[document.outcome];
  return { result: PRINTERS.json(document), subject: name };
}

const PRINTERS: Readonly<Record<'json' | 'csv' | 'text', (document: OrganizationAudit) => string>> = {
  json: (document) => `${JSON.stringify(document, null, 1)}\n`,
  csv: organizationCsv,
  text: organizationText,
};
