import { isLookedInto, meaningOf } from '../coverage';
import { COMMUNITY } from '../community';
import { isFlag } from '../readers/resources/scalars';
import { isObject, Unresolved, type Value } from '../readers/values';

/** Attributes that hold ids or names of several. */
const SEVERAL: ReadonlySet<string> = new Set([
  ...['running_spaces', 'staging_spaces', 'buildpacks', 'sidecars.process_types'],
]);

/**
 * Whether a value of an attribute of the model has the form in which the model looks for it. Of another one, which an engine
 * refuses today, nothing is read, and so a change of it is unknown.
 */
export function isReadable(type: string, name: string, value: Value): boolean {
  const meaning = meaningOf(type, name);
  // Blocks of the older provider stand alone or in lists, and both are read.
  if (meaning.kind !== 'modelled' || type.startsWith(COMMUNITY)) return true;
  if (isLookedInto(type, name)) return isAbsent(value) || (Array.isArray(value) && value.every(members(type, name)));
  if (SEVERAL.has(name)) return isAbsent(value) || (Array.isArray(value) && value.every(isScalar));
  if (name === 'environment') return isAbsent(value) || (isObject(value) && Object.values(value).every(isScalar));
  return isScalar(value) && isFlag(name, value);
}

function members(type: string, name: string): (member: Value) => boolean {
  return (member) =>
    isAbsent(member) ||
    (isObject(member) && Object.entries(member).every(([part, value]) => isReadable(type, `${name}.${part}`, value)));
}

function isAbsent(value: Value): boolean {
  return value === null || value instanceof Unresolved;
}

function isScalar(value: Value): boolean {
  return typeof value !== 'object' || isAbsent(value);
}
