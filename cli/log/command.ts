import { createReadStream, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { Command, InvalidArgumentError } from 'commander';
import { type ApplicationOptions, withApplicationOptions } from '../application-options';
import { accountFrom, CloudFoundry } from '../cloud-foundry';
import { Marks, PROCESS } from './line';
import { printDoubts, printSummary } from './print';
import { type Doubt, Reading } from './reading';
import { type Known, readKnown } from './report/known';
import { bytes, whole } from './report/numbers';
import { trafficPage } from './report/page';
import { refusedIn, remedyFor } from './remedy';
import { suggest } from './suggestion';
import { type Form, FORMS, printSuggestion } from './suggestion-text';
import { eachLine } from './text-lines';
import { Traffic } from './traffic';

interface Options extends ApplicationOptions {
  readonly of?: string;
  readonly json: boolean;
  readonly suggest?: Form | true;
  readonly report?: string;
  readonly baseline?: string;
}

export function logCommand(env: NodeJS.ProcessEnv = process.env): Command {
  const command = new Command('log')
    .description('shows what clients requested from the proxy, and the code that would allow refused requests')
    .argument(
      '[file]',
      "the proxy's log, as printed by cf logs, as sent to a drain (RFC 5424), or plain; - for standard input",
    );
  return withApplicationOptions(command, env, 'the proxy, to read its latest lines from the platform')
    .option('--of <id>', 'the proxy in a file with the logs of several applications: its id or ORG.SPACE.APP')
    .option(
      '--suggest [form]',
      `print the list that allows what audit mode let through: ${FORMS.join(', ')} (default: typescript)`,
      formOf,
    )
    .option('--report <file>', 'write an HTML report instead of printing the table')
    .option('--baseline <file>', 'with --report: the previous report, to show which hosts are new')
    .option('--json', 'JSON output', false)
    .action(async (file: string | undefined, options: Options) => {
      const known = knownFrom(options);
      const log = file === undefined ? await fromPlatform(env, options) : await fromFile(file, options.of);
      const doubts = printDoubts(log.doubted);
      for (const doubt of doubts) process.stderr.write(`${doubt}\n`);
      if (options.report !== undefined) {
        const of = file === undefined ? `${options.org}/${options.space}/${options.app}` : log.of;
        writeFileSync(options.report, trafficPage({ traffic: log.traffic, of, at: new Date(), known, doubts }));
      }
      process.stdout.write(`${printed(log, options)}\n`);
    });
}

/** What was read. */
interface Log {
  readonly traffic: Traffic;
  readonly lines: number;
  /** The application that an archive belongs to. */
  readonly of?: string;
  readonly doubted: Readonly<Record<Doubt, number>>;
}

function printed({ traffic, lines }: Log, { json, suggest: form, report }: Options): string {
  const rows = traffic.rows();
  if (form !== undefined) return printSuggestion(suggest(rows), form === true ? (json ? 'json' : FORMS[0]) : form);
  const { passed, stopped } = traffic.unlisted;
  if (report !== undefined && !json && rows.length > 0) {
    const hosts = new Set(rows.map(({ host }) => host)).size;
    const moved = rows.reduce((sum, row) => sum + row.bytes, 0);
    return `${report}: ${whole(traffic.requests)} requests for ${whole(hosts)} hosts, ${bytes(moved)}`;
  }
  if (!json) {
    return printSummary(rows, process.stdout.isTTY ? process.stdout.columns : 120, lines, passed + stopped).join('\n');
  }
  const refused = refusedIn(rows);
  return JSON.stringify(
    rows.map((row) => ({ ...row, remedy: remedyFor(row, refused) })),
    null,
    2,
  );
}

async function fromPlatform(env: NodeJS.ProcessEnv, { app, org, space }: Options): Promise<Log> {
  const cloud = await CloudFoundry.login(accountFrom(env));
  const lines = (await cloud.log(await cloud.appGuid(org, space, app))).filter(({ source }) => source === PROCESS);
  const reading = new Reading(() => new Traffic());
  for (const line of lines) reading.take(line);
  return { traffic: reading.end(), lines: lines.length, doubted: reading.doubted };
}

async function fromFile(file: string, of?: string): Promise<Log> {
  const marks = new Marks(of);
  const reading = new Reading(() => new Traffic());
  const source = file === '-' ? process.stdin : createReadStream(file, { highWaterMark: 1024 * 1024 });
  try {
    await eachLine(source, (text) => {
      const line = marks.take(text);
      if (line !== undefined) reading.take(line);
    });
  } catch (error) {
    if (!isOfSystem(error)) throw error;
    throw new Error(
      `can't read ${file === '-' ? 'standard input' : file} (${error.message}): give the proxy's log, or --app`,
    );
  }
  const { lines, application } = marks;
  return { traffic: reading.end(), lines, of: application, doubted: reading.doubted };
}

function knownFrom({ report, baseline: file }: Options): Known | undefined {
  if (file === undefined) return undefined;
  if (report === undefined) throw new Error('--baseline needs a report: add --report FILE');
  if (!existsSync(file)) {
    throw new Error(`there is no report ${file}: create the first one without --baseline`);
  }
  try {
    return readKnown(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new Error(`can't use ${file} as the baseline: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Checked by shape, because an error from another realm is no instance of this realm's Error. */
function isOfSystem(error: unknown): error is NodeJS.ErrnoException {
  return typeof error === 'object' && error !== null && 'syscall' in error;
}

function formOf(text: string): Form {
  const form = FORMS.find((one) => one === text.toLowerCase());
  if (form === undefined)
    throw new InvalidArgumentError(`write one of ${FORMS.join(', ')}, and the file before it: log FILE --suggest.`);
  return form;
}
