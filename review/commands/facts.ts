import { existsSync } from 'node:fs';
import { Option } from 'commander';
import type { Facts } from '../model/facts';
import { readPlanFile, readTreeFolder } from '../readers/input';
import { plannedFacts, treeFacts } from '../review';

/** Where cdktf synthesizes to. */
const TREE_FOLDER = 'cdktf.out';

export const OUTPUT = new Option(
  '--tree <dir>',
  `output of cdktf synth, ${TREE_FOLDER} by default: the program; beside plans, its construct paths and claims`,
);

/** Of plans, to which the program adds the paths of its constructs; where there are none, of the program. */
export function readFacts(plans: readonly string[], tree?: string): Facts {
  if (plans.length === 0) return treeFacts(readTreeFolder(tree ?? TREE_FOLDER));
  const synthesized = tree ?? (existsSync(TREE_FOLDER) ? TREE_FOLDER : undefined);
  return plannedFacts(plans.map(readPlanFile), synthesized === undefined ? [] : readTreeFolder(synthesized));
}
