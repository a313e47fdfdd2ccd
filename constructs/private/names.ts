import type { IConstruct } from 'constructs';
import { textOf } from './tokens';

const claimed = new WeakMap<IConstruct, Map<string, IConstruct>>();
const firsts = new WeakMap<IConstruct, IConstruct>();

/**
 * Claims a name for a construct. The platform compares names without regard to case.
 *
 * @param within what the name is unique in
 * @returns the construct that already has it
 */
export function claim(scope: IConstruct, within: IConstruct, kind: string, name: string): IConstruct | undefined {
  const known = claimed.get(within) ?? new Map<string, IConstruct>();
  claimed.set(within, known);
  const key = `${kind} ${textOf(scope, name).toLowerCase()}`;
  const first = known.get(key) ?? scope;
  known.set(key, first);
  return first === scope ? undefined : first;
}

/** @throws for an empty name, which the platform refuses in the middle of an apply */
export function checkName(path: string, property: string, name: string): void {
  if (name.trim() === '') throw new Error(`${path} has the ${property} '${name}': give one that is not empty`);
}

/** Treats all lookups of a space as one, so that a name can be claimed only once in all of them. */
export function joinSpace(space: IConstruct, first: IConstruct): void {
  firsts.set(space, first);
}

/** The scope in which names are unique: the first lookup of the space, or the space itself. */
export function placeOf(space: IConstruct): IConstruct {
  return firsts.get(space) ?? space;
}
