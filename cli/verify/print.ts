import { table } from '../table';
import { REMEDIES } from './inconclusive';
import { outcomeOf } from './result';
import { BEHAVIOURS, type Row } from './row';

const COLUMNS = [
  { title: '' },
  { title: '#', align: 'right' },
  { title: 'who → whom', wraps: true },
  { title: 'way' },
  { title: 'expected', wraps: true },
  { title: 'seen', wraps: true },
  { title: 'ms', align: 'right' },
] as const;

const SIGNS = { 'as expected': '✓', 'not as expected': '✗', inconclusive: '?' } as const;

/** The rows as a table, followed by a summary. */
export function printRows(rows: readonly Row[], width: number): readonly string[] {
  const cells = rows.map((row) => [
    SIGNS[outcomeOf(row)],
    String(row.number),
    row.what,
    row.way,
    row.expected,
    row.seen,
    String(Math.round(row.milliseconds)),
  ]);
  const wrong = rows.filter((row) => outcomeOf(row) === 'not as expected').length;
  const unclear = rows.filter((row) => outcomeOf(row) === 'inconclusive');
  const sentence =
    wrong > 0
      ? `${wrong} of ${rows.length} answers are not as expected.`
      : unclear.length === 0
        ? `All ${rows.length} answers are as expected.`
        : `${rows.length - unclear.length} of ${rows.length} answers are as expected.`;
  const causes = [...new Set(unclear.flatMap(({ inconclusive }) => inconclusive ?? []))];
  const told = causes.map((cause) => {
    const count = unclear.filter(({ inconclusive }) => inconclusive === cause).length;
    return `${count} inconclusive, ${cause}: ${REMEDIES[cause]}.`;
  });
  return [...table(COLUMNS, cells, width), '', sentence, ...told, ...adviceOn(rows)];
}

const REFUSALS: readonly number[] = [BEHAVIOURS.siteNotListed, BEHAVIOURS.portNotListed, BEHAVIOURS.privateAddress];
/** This project's proxy answers every refused tunnel with this status; most others use 403. */
const REFUSED_TUNNEL = 407;

/** If rows differ, the cause may be a proxy that has never read the list. */
function adviceOn(rows: readonly Row[]): readonly string[] {
  const proxied = rows.filter(({ way }) => way === 'proxy');
  const statuses = proxied.flatMap(({ number, status }) =>
    REFUSALS.includes(number) && status !== undefined ? [status] : [],
  );
  if (statuses.length === 0 || statuses.includes(REFUSED_TUNNEL) || proxied.every(({ ok }) => ok)) return [];
  return [
    `Hosts that are not listed were answered with ${[...new Set(statuses)].join(', ')}, never with ${REFUSED_TUNNEL}, so this is not the proxy`,
    'of this project, and nothing reads EGRESS_ALLOW: build an image from the folder squid and give it to EgressProxy.',
  ];
}
