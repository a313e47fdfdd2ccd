import { createReadStream, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { Command, InvalidArgumentError } from 'commander';
import { accountFrom, CloudFoundry } from '../cloud-foundry';
import { type ApplicationOptions, withApplicationOptions } from '../deployment';
import { table } from '../table';
import { eachLine, Marks, PROCESS } from './line';
import { type Doubt, Reading } from './reading';
import { type Refused, refusedIn, remedyFor } from './remedy';
import { bytes, whole } from './report/charts';
import { type Known, readKnown, trafficPage } from './report/page';
import { type Form, FORMS, printSuggestion, suggest } from './suggestion';
import { type Row, Traffic } from './traffic';

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

const COLUMNS = [
  { title: 'client', wraps: true },
  { title: 'host', wraps: true },
  { title: 'verdict' },
  { title: 'requests', align: 'right' as const },
  { title: 'bytes', align: 'right' as const },
  { title: 'last' },
];

/**
 * The table, followed by what would allow each refused request, or each that would have been refused without audit
 * mode.
 *
 * @param lines the number of lines in the log, whoever wrote them
 * @param unlisted requests that have no row
 */
export function printSummary(rows: readonly Row[], width: number, lines: number, unlisted = 0): string[] {
  if (rows.length === 0) {
    return lines === 0
      ? ['no line in this log']
      : [
          `no request in this log: none of its ${lines} lines is one that this project's proxy writes for a request; if there were`,
          'requests, check that the application is the proxy, and that its image is built from the folder squid',
        ];
  }
  const cells = rows.map(({ client, host, port, verdict, rule, requests, bytes, last }) => [
    client,
    `${host}:${port}`,
    verdict === 'allowed' ? verdict : `${verdict}: ${rule}`,
    String(requests),
    String(bytes),
    last.replace(/\.\d+Z$/, 'Z'),
  ]);
  const refused = refusedIn(rows);
  const audited = remedies(rows, 'audited', refused);
  return [
    ...table(COLUMNS, cells, width),
    ...(unlisted === 0 ? [] : [`and ${unlisted} requests for more hosts than are listed separately`]),
    ...remedies(rows, 'refused', refused),
    ...(audited.length === 0 ? [] : ['', 'Allowed only in audit mode, and refused once it ends:', ...audited]),
  ];
}

/** Why lines that start like the proxy's are ignored. */
const DOUBTS: Readonly<Record<Doubt, string>> = {
  stream: 'on standard error, where the proxy writes none: a client may have forged them',
  form: "cut off, or with characters that the proxy doesn't print: a client may have forged them",
  start:
    'without the value that their proxy announced at its start: give a log that cf logs has printed, or start with the first ' +
    'line of standard output; a proxy with an image from before this was added must be rebuilt',
};

export function printDoubts(doubted: Readonly<Record<Doubt, number>>): string[] {
  const doubts = (Object.keys(DOUBTS) as Doubt[]).filter((doubt) => doubted[doubt] > 0);
  return doubts.map((doubt) => `ignored: ${doubted[doubt]} of the lines, ${DOUBTS[doubt]}`);
}

function remedies(rows: readonly Row[], of: Row['verdict'], refused: Refused): string[] {
  return rows
    .filter(({ verdict }) => verdict === of)
    .flatMap((row) => {
      const { code, note } = remedyFor(row, refused);
      const lines = [...(note === undefined ? [] : [`  // ${note}`]), ...code.map((line) => `  ${line}`)];
      return lines.length === 0 ? [] : ['', `${row.client} to ${row.host}:${row.port}, ${of}: ${row.rule}`, ...lines];
    });
}
