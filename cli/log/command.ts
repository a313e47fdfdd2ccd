import { createReadStream } from 'node:fs';
import { Command, InvalidArgumentError } from 'commander';
import { type ApplicationOptions, withApplicationOptions } from '../application-options';
import { accountFrom, CloudFoundry } from '../cloud-foundry';
import { Marks, PROCESS } from './line';
import { printDoubts, printSummary } from './print';
import { type Doubt, Reading } from './reading';
import { refusedIn, remedyFor } from './remedy';
import { suggest } from './suggestion';
import { type Form, FORMS, printSuggestion } from './suggestion-text';
import { eachLine } from './text-lines';
import { Traffic } from './traffic';

interface Options extends ApplicationOptions {
  readonly of?: string;
  readonly json: boolean;
  readonly suggest?: Form | true;
}

export function logCommand(env: NodeJS.ProcessEnv = process.env): Command {
  const command = new Command('log')
    .description('who asked the proxy for what, and the line of code that would allow what was refused')
    .argument(
      '[file]',
      "the proxy's log, as cf logs prints it, as a drain is sent it (RFC 5424), or without what these add; - for standard input",
    );
  return withApplicationOptions(command, env, "the proxy's application, whose latest lines the platform has")
    .option('--of <id>', 'of a file with the logs of several applications: the proxy, by its id or as ORG.SPACE.APP')
    .option(
      '--suggest [form]',
      `the list that allows what audit mode let through: ${FORMS.join(', ')} (default: typescript)`,
      formOf,
    )
    .option('--json', 'for programs', false)
    .action(async (file: string | undefined, options: Options) => {
      const log = file === undefined ? await fromPlatform(env, options) : await fromFile(file, options.of);
      for (const doubt of printDoubts(log.doubted)) process.stderr.write(`${doubt}\n`);
      process.stdout.write(`${printed(log, options)}\n`);
    });
}

/** What was read. */
interface Log {
  readonly traffic: Traffic;
  readonly lines: number;
  readonly doubted: Readonly<Record<Doubt, number>>;
}

function printed({ traffic, lines }: Log, { json, suggest: form }: Options): string {
  const rows = traffic.rows();
  if (form !== undefined) return printSuggestion(suggest(rows), form === true ? (json ? 'json' : FORMS[0]) : form);
  const { passed, stopped } = traffic.untold;
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
  return { traffic: reading.end(), lines: marks.lines, doubted: reading.doubted };
}

/** By its form: an error of another realm is no instance of this one's. */
function isOfSystem(error: unknown): error is NodeJS.ErrnoException {
  return typeof error === 'object' && error !== null && 'syscall' in error;
}

function formOf(text: string): Form {
  const form = FORMS.find((one) => one === text.toLowerCase());
  if (form === undefined)
    throw new InvalidArgumentError(`write one of ${FORMS.join(', ')}, and the file before it: log FILE --suggest.`);
  return form;
}
