/**
 * The door of the review for the constructs: the checks of a program at synth. It is pure, needs neither cdktf nor an engine,
 * and is all of this folder that the library brings along.
 */
import { Model } from './model/model';
import { byFoundation } from './readers/tree/foundations';
import { factsOf } from './readers/resources';
import { readNotes, readTree, withClaims, type SynthesizedStack } from './readers/tree';
import { acknowledge, findingsOf, type Sorted } from './rules';

export { NOTES, type Notes } from './notes';
export { plain } from './phrase';
export { acknowledgeable, findingId, RULES, type Finding, type Level, type Rule, type Sorted } from './rules';

/**
 * What the checks find in all stacks of a program, those of each foundation together.
 *
 * @param today the day that it is, as 2026-12-31, for what has an end
 */
export function findingsOfProgram(stacks: readonly SynthesizedStack[], today: string): Sorted {
  const facts = factsOf(readTree(stacks));
  const groups = byFoundation(stacks, facts);
  const found = groups.map((group) => {
    const notes = readNotes(group);
    const own = groups.length === 1 ? facts : factsOf(readTree(group));
    return acknowledge(findingsOf(new Model(withClaims(own, notes.claims), today)), notes.acknowledged);
  });
  return {
    open: found.flatMap(({ open }) => open),
    acknowledged: found.flatMap(({ acknowledged }) => acknowledged),
  };
}
