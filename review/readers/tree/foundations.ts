import type { Facts } from '../../model/facts';
import { block } from '../json';
import { REMOTE_STATE, STATE_PREFIX, type SynthesizedStack } from './stack';

/** Stacks that may be on the same foundation. */
interface Group {
  readonly stacks: SynthesizedStack[];
  readonly names: Set<string>;
  readonly made: Set<string>;
}

/**
 * Groups the stacks of a program by foundation, as far as that is visible: two stacks that create the same space or
 * application can't be on the same one, for example a test and a production environment with the same names. A stack
 * joins those that it takes something from, otherwise the first group that it fits.
 */
export function byFoundation(stacks: readonly SynthesizedStack[], facts: Facts): SynthesizedStack[][] {
  const made = madeBy(facts);
  const groups: Group[] = [];
  for (const stack of stacks) {
    const own = made.get(stack.name) ?? [];
    const possible = groups.filter((group) => !own.some((id) => group.made.has(id)));
    const needed = neededBy(stack);
    const group = possible.find(({ names }) => needed.some((name) => names.has(name))) ?? possible[0] ?? added(groups);
    group.stacks.push(stack);
    group.names.add(stack.name);
    own.forEach((id) => group.made.add(id));
  }
  return groups.map((group) => group.stacks);
}

function added(groups: Group[]): Group {
  const group = { stacks: [], names: new Set<string>(), made: new Set<string>() };
  groups.push(group);
  return group;
}

/** What each stack creates that exists only once on a foundation. */
function madeBy({ spaces, applications }: Facts): ReadonlyMap<string, readonly string[]> {
  const made = new Map<string, string[]>();
  for (const { id, owned, origin } of [...spaces, ...applications]) {
    if (owned && origin !== undefined) made.set(origin.stack, [...(made.get(origin.stack) ?? []), id]);
  }
  return made;
}

/** The stacks that one takes something from. */
function neededBy({ json }: SynthesizedStack): string[] {
  return Object.keys(block(block(block(json).data)[REMOTE_STATE])).map((state) =>
    state.startsWith(STATE_PREFIX) ? state.slice(STATE_PREFIX.length) : state,
  );
}
