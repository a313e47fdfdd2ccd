import { table } from '../table';
import type { Row } from './row';

const COLUMNS = [
  { title: '' },
  { title: '#', align: 'right' },
  { title: 'who → whom', wraps: true },
  { title: 'way' },
  { title: 'expected', wraps: true },
  { title: 'seen', wraps: true },
  { title: 'ms', align: 'right' },
] as const;

/** The rows as a table and a sentence below it. */
export function printRows(rows: readonly Row[], width: number): readonly string[] {
  const cells = rows.map((row) => [
    row.ok ? '✓' : '✗',
    String(row.number),
    row.what,
    row.way,
    row.expected,
    row.seen,
    String(Math.round(row.milliseconds)),
  ]);
  const wrong = rows.filter((row) => !row.ok).length;
  const sentence =
    wrong === 0
      ? `All ${rows.length} answers are as expected.`
      : `${wrong} of ${rows.length} answers are not as expected.`;
  return [...table(COLUMNS, cells, width), '', sentence];
}
