import { table } from '../table';
import { type Refused, refusedIn, remedyFor } from './remedy';
import type { Doubt } from './reading';
import type { Row } from './traffic';

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
