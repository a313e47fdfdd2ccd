import type { IConstruct } from 'constructs';
import { textOf } from './tokens';

type Names = WeakMap<IConstruct, Map<string, IConstruct>>;

const claimed: Names = new WeakMap();
const lookups: Names = new WeakMap();
const firsts = new WeakMap<IConstruct, IConstruct>();

/** The first construct with a name: this one, unless there was another. */
function firstOf(names: Names, within: IConstruct, name: string, construct: IConstruct): IConstruct {
  const known = names.get(within) ?? new Map<string, IConstruct>();
  names.set(within, known);
  const text = textOf(construct, name).toLowerCase();
  const first = known.get(text) ?? construct;
  known.set(text, first);
  return first;
}

/**
 * Claims a name for a construct. The platform compares names without regard to case.
 *
 * @param within what the name is unique in
 * @returns the path of the construct that already has it
 */
export function claim(scope: IConstruct, within: IConstruct, name: string): string | undefined {
  const first = firstOf(claimed, within, name, scope);
  return first === scope ? undefined : first.node.path;
}

/** @throws for an empty name, which the platform refuses in the middle of an apply */
export function checkName(path: string, property: string, name: string): void {
  if (name.trim() === '') throw new Error(`${path} has the ${property} '${name}': give one that is not empty`);
}

/** Treats all lookups of a space as one, so that a name can be claimed only once in all of them. */
export function joinSpace(space: IConstruct, within: IConstruct, name: string): void {
  firsts.set(space, firstOf(lookups, within, name, space));
}

/** The scope in which names are unique: the first lookup of the space, or the space itself. */
export function placeOf(space: IConstruct): IConstruct {
  return firsts.get(space) ?? space;
}
