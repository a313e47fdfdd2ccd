import { INCONCLUSIVE, WIDENS } from '../../review/commands';
import type { Outcome } from '../../review/outcome';
import { REMEDIES, type Cause, type Inconclusive } from './inconclusive';
import type { Row } from './row';

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
