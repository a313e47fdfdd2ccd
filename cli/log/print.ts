import { table } from '../table';
import { type Refused, refusedIn, remedyFor } from './remedy';
import type { Row } from './summary';

const COLUMNS = [
  { title: 'client', wraps: true },
  { title: 'host', wraps: true },
  { title: 'verdict' },
  { title: 'requests', align: 'right' as const },
  { title: 'bytes', align: 'right' as const },
  { title: 'last' },
];

/**
 * The table, and below it what would allow each thing that was refused, or would have been but for an audit.
 *
 * @param lines how many the log has, whoever has written them
 */
export function printSummary(rows: readonly Row[], width: number, lines: number): string[] {
  if (rows.length === 0) {
    return lines === 0
      ? ['no line in this log']
      : [
          `no request in this log: of its ${lines} lines none is one that this project's proxy writes for a request; if there were`,
          'requests, see that the application is the proxy, and that its image is built from the folder squid',
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
    ...remedies(rows, 'refused', refused),
    ...(audited.length === 0 ? [] : ['', 'Let through in audit mode only, and refused once that ends:', ...audited]),
  ];
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
