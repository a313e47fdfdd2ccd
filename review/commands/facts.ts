import { existsSync } from 'node:fs';
import { Option } from 'commander';
import type { Facts } from '../model/facts';
import { readPlanFile, readTreeFolder, type PlanFile } from '../readers/input';
import type { SynthesizedStack } from '../readers/tree';
import { plannedFacts, treeFacts } from '../review';

/** Where cdktf writes its output. */
const TREE_FOLDER = 'cdktf.out';

export const OUTPUT = new Option(
  '--tree <dir>',
  `output of cdktf synth, ${TREE_FOLDER} by default: the program; beside plans, its construct paths and claims`,
);

/** The sources of facts. */
export interface Code {
  readonly plans: readonly PlanFile[];
  readonly trees: readonly SynthesizedStack[];
}

/** Reads plans, adding the construct paths of the program; without plans, reads the program. */
export function readCode(plans: readonly string[], tree?: string): Code {
  if (plans.length === 0) return { plans: [], trees: readTreeFolder(tree ?? TREE_FOLDER) };
  const synthesized = tree ?? (existsSync(TREE_FOLDER) ? TREE_FOLDER : undefined);
  return {
    plans: plans.map(readPlanFile),
    trees: synthesized === undefined ? [] : readTreeFolder(synthesized),
  };
}

export function factsOf({ plans, trees }: Code): Facts {
  return plans.length === 0 ? treeFacts(trees) : plannedFacts(plans, trees);
}
