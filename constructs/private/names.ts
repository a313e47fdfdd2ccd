import type { IConstruct } from 'constructs';
import { textOf } from './tokens';

const claimed = new WeakMap<IConstruct, Map<string, string>>();

/**
 * Takes a name for a construct.
 *
 * @param within what the name is unique in
 * @returns the path of the construct that has it already
 */
export function claim(scope: IConstruct, within: IConstruct, name: string): string | undefined {
  const names = claimed.get(within) ?? new Map<string, string>();
  claimed.set(within, names);
  const text = textOf(scope, name);
  const other = names.get(text);
  if (other === undefined) names.set(text, scope.node.path);
  return other;
}

/** @throws for an empty name, which the platform refuses in the middle of an apply */
export function checkName(path: string, property: string, name: string): void {
  if (name.trim() === '') throw new Error(`${path} has the ${property} '${name}': give one that is not empty`);
}
