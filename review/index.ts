/**
 * The door of the review for the constructs: the checks of a program at synth. It is pure, needs neither cdktf nor an engine,
 * and is all of this folder that the library brings along.
 */
import { Model } from './model/model';
import { factsOf } from './readers/resources';
import { readNotes, readTree, withClaims, type SynthesizedStack } from './readers/tree';
import { acknowledge, findingsOf, type Sorted } from './rules';

export { NOTES, type Notes } from './notes';
export { plain } from './phrase';
export { acknowledgeable, findingId, RULES, type Finding, type Level, type Rule, type Sorted } from './rules';

/**
 * What the checks find in all stacks of a program.
 *
 * @param today the day that it is, as 2026-12-31, for what has an end
 */
export function findingsOfProgram(stacks: readonly SynthesizedStack[], today: string): Sorted {
  const notes = readNotes(stacks);
  const model = new Model(withClaims(factsOf(readTree(stacks)), notes.claims), today);
  return acknowledge(findingsOf(model), notes.acknowledged);
}
