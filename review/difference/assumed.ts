import { isCovered, meaningOf, tableType } from '../coverage';
import type { Assumption } from '../readers/tree';
import type { Settings } from '../settings';
import { stamp, type Change } from './change';
import { isHarmless } from './uncovered';

/** What a row says of it, in the place of an attribute. */
export const ASSUMED = 'default of a variable';

/** What is read by the default of a variable is unknown where it is made of something else than before. */
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
