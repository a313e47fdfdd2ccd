import { block, list, text, type Json } from '../json';
import { withoutKeysIn } from '../expressions/traversal';
import type { Resource } from '../values';
import type { Program } from './changes';

/** Prefix for what `removed` blocks remove: their provisioners run, and a plan doesn't contain them. */
const REMOVED = 'removed ';

/** Provisioners of resources that the plan destroys, taken from the program. */
export function removedProvisioners(changes: readonly Json[], program: Program, stack: string): Resource[] {
  const gone = destroyed(changes);
  return [...program].flatMap(([address, { provisioner, from }]): Resource[] => {
    if (!address.startsWith(REMOVED) || (provisioner ?? null) === null) return [];
    const runs = typeof from !== 'string' || gone.some((each) => `${each}.`.startsWith(`${from}.`));
    return runs
      ? [{ stack, address, managed: true, type: 'provisioner', values: { provisioner: provisioner ?? null } }]
      : [];
  });
}

/** What isn't reviewed if the program isn't available. */
export function removedUnseen(changes: readonly Json[], program: Program): string[] {
  const isUnseen = program.size === 0 && destroyed(changes).length > 0;
  return isUnseen
    ? ['what `removed` blocks run when they destroy something: only the program shows it (`--tree`)']
    : [];
}

/** The addresses, without keys, of what the plan destroys because the code no longer contains it. */
function destroyed(changes: readonly Json[]): string[] {
  return changes
    .filter(({ change }) => list(block(change).actions).join() === 'delete')
    .filter(({ action_reason: reason }) => /^delete_because_no_(?:resource_config|module)$/.test(text(reason)))
    .map(({ address }) => withoutKeysIn(text(address)));
}
