import { block, list, text, type Json } from '../json';
import { stepsOf, withoutKeys, written } from '../expressions/traversal';
import type { Resource } from '../values';
import type { Program } from './changes';

/** What the code removes by a block of its own, whose provisioners run and which a plan does not have. */
const REMOVED = 'removed ';

/** Provisioners of what the plan destroys, as the program has them. */
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

/** What is not looked at where the program is not at hand. */
export function removedUnseen(changes: readonly Json[], program: Program): string[] {
  const isUnseen = program.size === 0 && destroyed(changes).length > 0;
  return isUnseen ? ['what `removed` blocks run when they destroy something: the program says it (`--tree`)'] : [];
}

/** The addresses, without keys, of what the plan destroys since the code does not have it any more. */
function destroyed(changes: readonly Json[]): string[] {
  return changes
    .filter(({ change }) => list(block(change).actions).join() === 'delete')
    .filter(({ action_reason: reason }) => /^delete_because_no_(?:resource_config|module)$/.test(text(reason)))
    .map(({ address }) => written(withoutKeys(stepsOf(text(address)))));
}
