import { isCovered, meaningOf, tableType } from '../coverage';
import type { Assumption } from '../readers/tree';
import type { Settings } from '../settings';
import { stamp, type Change } from './change';
import { isHarmless } from './uncovered';

/** Takes the place of an attribute in the row. */
export const ASSUMED = 'default of a variable';

/** What depends on the default of a variable is unknown if it is made of something other than before. */
export function assumedChanges(assumed: readonly Assumption[], settings: Settings): Change[] {
  return assumed
    .filter((one) => !isHarmless(one, settings) && !isHarmlessArgument(one))
    .map(({ stack, address, argument, madeOf }): Change => ({
      verdict: 'unknown',
      way: 'other',
      who: [address],
      what: ASSUMED,
      note: argument,
      token: stamp(JSON.stringify([stack, argument, ...madeOf])),
      origin: { stack, address },
    }));
}

function isHarmlessArgument(one: Assumption): boolean {
  return isCovered(one) && meaningOf(tableType(one), one.argument).kind === 'harmless';
}
