import { isLookedInto, meaningOf } from '../coverage';
import { COMMUNITY } from '../community';
import { isFlag } from '../readers/resources/scalars';
import { isObject, Unresolved, type Value } from '../readers/values';

/** Attributes that hold several ids or names. */
const SEVERAL: ReadonlySet<string> = new Set([
  ...['running_spaces', 'staging_spaces', 'buildpacks', 'sidecars.process_types'],
]);

/**
 * Whether a modelled attribute's value has the form that the model expects. Any other form, which engines refuse today,
 * isn't read, and so its change is unknown.
 */
export function isReadable(type: string, name: string, value: Value): boolean {
  const meaning = meaningOf(type, name);
  // The older provider's blocks stand alone or in lists; both are read.
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
