import { table } from '../table';
import { refusedIn, remedyFor } from './remedy';
import type { Row } from './summary';

const COLUMNS = [
  { title: 'client', wraps: true },
  { title: 'host', wraps: true },
  { title: 'verdict' },
  { title: 'requests', align: 'right' as const },
  { title: 'bytes', align: 'right' as const },
  { title: 'last' },
];

/** The table, and below it what would allow each thing that was refused. */
export function printSummary(rows: readonly Row[], width: number): string[] {
  if (rows.length === 0) return ['no request in this log'];
  const cells = rows.map(({ client, host, port, verdict, rule, requests, bytes, last }) => [
    client,
    `${host}:${port}`,
    verdict === 'allowed' ? verdict : `${verdict}: ${rule}`,
    String(requests),
    String(bytes),
    last.replace(/\.\d+Z$/, 'Z'),
  ]);
  return [...table(COLUMNS, cells, width), ...remedies(rows)];
}

function remedies(rows: readonly Row[]): string[] {
  const refused = refusedIn(rows);
  return rows
    .filter(({ verdict }) => verdict === 'refused')
    .flatMap((row) => {
      const { code, note } = remedyFor(row, refused);
      const lines = [...(note === undefined ? [] : [`  // ${note}`]), ...code.map((line) => `  ${line}`)];
      return lines.length === 0 ? [] : ['', `${row.client} to ${row.host}:${row.port}, refused: ${row.rule}`, ...lines];
    });
}
