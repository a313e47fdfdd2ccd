import { INCONCLUSIVE, WIDENS } from '../../review/commands';
import type { Outcome } from '../../review/organization/document';
import { table } from '../table';
import { type Cause, type Inconclusive, REMEDIES } from './inconclusive';

export interface Row {
  /** Groups the rows that prove the same behavior; docs/verify.md lists them. */
  readonly number: number;
  /** Who connected to what. */
  readonly what: string;
  readonly way: 'public route' | 'proxy' | 'direct';
  readonly expected: string;
  readonly seen: string;
  /** The status that a site or proxy answered with. */
  readonly status?: number;
  readonly milliseconds: number;
  readonly ok: boolean;
  /** Why the answer says nothing about the system: the row then neither passes nor fails. */
  readonly inconclusive?: Cause;
}

/** The system's promises that rows prove, by number. */
export const BEHAVIOURS = {
  page: 1,
  objectThroughProxy: 2,
  objectDirectly: 3,
  allowedSite: 4,
  siteNotListed: 5,
  portNotListed: 6,
  privateAddress: 7,
  otherApplication: 8,
  noPublicRoute: 9,
  noWayOut: 16,
} as const;

/** Increases with every change of the format that isn't an addition. The format is cli/verify/verify.schema.json. */
const VERSION = 1;

/** The result of `space-egress verify`: all rows, or why there are none. */
export interface Result {
  readonly rows: readonly Row[];
  readonly failure?: Inconclusive;
}

export function outcomeOf({ ok, inconclusive }: Row): Outcome {
  if (inconclusive !== undefined) return 'inconclusive';
  return ok ? 'as expected' : 'not as expected';
}

/** A wrong answer is wrong, whatever else couldn't be checked; and without any check, nothing is known. */
export function outcomeOfAll({ rows, failure }: Result): Outcome {
  const outcomes = rows.map(outcomeOf);
  if (outcomes.includes('not as expected')) return 'not as expected';
  return failure !== undefined || rows.length === 0 || outcomes.includes('inconclusive')
    ? 'inconclusive'
    : 'as expected';
}

/** Not 1, which is the exit code of a command that couldn't run. */
export const CODES: Readonly<Record<Outcome, number>> = {
  'as expected': 0,
  'not as expected': WIDENS,
  inconclusive: INCONCLUSIVE,
};

export function resultJson(result: Result): string {
  const { rows, failure } = result;
  const document = {
    version: VERSION,
    kind: 'verify',
    outcome: outcomeOfAll(result),
    ...(failure !== undefined && { inconclusive: inconclusiveBy(failure.reason, failure.because) }),
    rows: rows.map((row) => ({
      ...row,
      outcome: outcomeOf(row),
      ...(row.inconclusive !== undefined && { inconclusive: inconclusiveBy(row.inconclusive) }),
    })),
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

function inconclusiveBy(cause: Cause, because?: string): object {
  return { cause, ...(because !== undefined && { because }), remedy: REMEDIES[cause] };
}

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
  const reasons = causes.map((cause) => {
    const count = unclear.filter(({ inconclusive }) => inconclusive === cause).length;
    return `${count} inconclusive, ${cause}: ${REMEDIES[cause]}.`;
  });
  return [...table(COLUMNS, cells, width), '', sentence, ...reasons, ...adviceOn(rows)];
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
