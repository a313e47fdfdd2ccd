import { INCONCLUSIVE, WIDENS } from '../../review/commands';
import type { Outcome } from '../../review/outcome';
import { REMEDIES, type Cause, type Inconclusive } from './inconclusive';
import type { Row } from './row';

/** Grows with every change of the form that is not an addition. The form is cli/verify/verify.schema.json. */
const VERSION = 1;

/** What `space-egress verify` found: all of its rows, or why there are none. */
export interface Result {
  readonly rows: readonly Row[];
  readonly failure?: Inconclusive;
}

export function outcomeOf({ ok, inconclusive }: Row): Outcome {
  if (inconclusive !== undefined) return 'inconclusive';
  return ok ? 'as expected' : 'not as expected';
}

/** An answer that is wrong is wrong, whatever else could not be asked; and nothing asked is nothing seen. */
export function outcomeOfAll({ rows, failure }: Result): Outcome {
  const outcomes = rows.map(outcomeOf);
  if (outcomes.includes('not as expected')) return 'not as expected';
  return failure !== undefined || rows.length === 0 || outcomes.includes('inconclusive')
    ? 'inconclusive'
    : 'as expected';
}

/** Not 1, which is what a command ends with that could not run. */
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
