/**
 * The review's interface for the constructs: the checks of a program at synth. It is pure, needs neither cdktf nor an
 * engine, and is the only part of this folder that the library includes.
 */
import { Model } from './model/model';
import { byFoundation, readNotes, readTree, withClaims, type SynthesizedStack } from './readers/tree';
import { factsOf } from './readers/resources';
import { acknowledge, findingsOf, type Sorted } from './rules';

export { NOTES, type Notes } from './readers/tree/blocks';
export { plain } from './phrase';
export { acknowledgeable, findingId, RULES, type Finding, type Level, type Rule, type Sorted } from './rules';

/**
 * What the checks find in all stacks of a program; stacks on the same foundation are checked together.
 *
 * @param today the current day, as in 2026-12-31, to decide what has expired
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
