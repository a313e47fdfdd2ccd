import type { IConstruct } from 'constructs';
import { textOf } from './tokens';

const claimed = new WeakMap<IConstruct, Map<string, string>>();

/**
 * Claims a name for a construct. The platform compares names without regard to case.
 *
 * @param within what the name is unique in
 * @returns the path of the construct that already has it
 */
export function claim(scope: IConstruct, within: IConstruct, name: string): string | undefined {
  const names = claimed.get(within) ?? new Map<string, string>();
  claimed.set(within, names);
  const text = textOf(scope, name).toLowerCase();
  const other = names.get(text);
  if (other === undefined) names.set(text, scope.node.path);
  return other;
}

/** @throws for an empty name, which the platform refuses in the middle of an apply */
export function checkName(path: string, property: string, name: string): void {
  if (name.trim() === '') throw new Error(`${path} has the ${property} '${name}': give one that is not empty`);
}

const spaces = new WeakMap<IConstruct, Map<string, IConstruct>>();

/** Treats all lookups of a space as one, so that a name can be claimed only once in all of them. */
export function joinSpace(space: IConstruct, within: IConstruct, name: string): void {
  const known = spaces.get(within) ?? new Map<string, IConstruct>();
  spaces.set(within, known);
  const text = textOf(space, name).toLowerCase();
  firsts.set(space, known.get(text) ?? space);
  if (!known.has(text)) known.set(text, space);
}

const firsts = new WeakMap<IConstruct, IConstruct>();

/** The scope in which names are unique: the first lookup of the space, or the space itself. */
export function placeOf(space: IConstruct): IConstruct {
  return firsts.get(space) ?? space;
}
