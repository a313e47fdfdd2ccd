import { isDeepStrictEqual } from 'node:util';
import { isObject, Unresolved, type Value } from '../values';
import { isStraightValue } from '../expressions/straight';
import type { KnownIds } from './known-ids';

/**
 * Attributes of both providers that contain ids of applications; they are known only after the apply if the
 * applications change.
 */
export const ENDS: Readonly<Record<string, readonly string[]>> = {
  cloudfoundry_network_policy: ['policies', 'policy'],
  cloudfoundry_route: ['destinations', 'target'],
};

/** Attributes that contain several ids. If one is unknown as a whole, what it refers to may be a part of it. */
export const LISTS: ReadonlySet<string> = new Set([
  ...['asgs', 'running_asgs', 'staging_asgs', 'running_spaces', 'staging_spaces'],
  ...['policies', 'policy', 'destinations', 'target', 'routes', 'rules', 'rule', 'processes', 'sidecars'],
  ...['service_bindings', 'service_binding', 'auditors', 'billing_managers', 'developers', 'managers'],
]);

/** A member that is unknown isn't an id, whatever it refers to. */
export function ofObjects(member: Value, ids: KnownIds, computed: readonly string[]): Value {
  return member instanceof Unresolved ? inexact(member) : settle(member, ids, computed);
}

/** Whether an unknown value is exactly what one reference says, not the result of a condition or function. */
export function isPlain(written: Value | undefined): boolean {
  if (written instanceof Unresolved) return written.exact || isStraightValue(written);
  if (Array.isArray(written)) return written.every((each: Value) => isPlain(each));
  return !isObject(written) || Object.values(written).every(isPlain);
}

/**
 * What the program says of members that hold ids. A plan of HCL only has what all of them refer to, and not which end is
 * which. Undefined unless each end is one plain reference, and all else is as the plan has it.
 */
export function membersOf(written: Value | undefined, known: Value, isEnds = false): readonly Value[] | undefined {
  if (!isEnds || !Array.isArray(written) || !Array.isArray(known) || !isPlain(written)) return undefined;
  const members = written as readonly Value[];
  if (!members.every((member) => isObject(member) && Object.values(member).every(isSaidPlainly))) return undefined;
  return isDeepStrictEqual(constants(members, members), constants(known as readonly Value[], members))
    ? members
    : undefined;
}

/** A constant, or the id of an application of the same module: what others stand for is traced through the plan. */
function isSaidPlainly(part: Value): boolean {
  if (!(part instanceof Unresolved)) return true;
  const [only] = part.references;
  return part.exact && only?.attribute === 'id' && only.address.startsWith('cloudfoundry_app.');
}

/** What members say in clear, without their order, of what any of those that are written says so. */
function constants(members: readonly Value[], written: readonly Value[]): string[] {
  const ends = new Set(
    written
      .filter(isObject)
      .flatMap((member) =>
        Object.entries(member).flatMap(([name, part]) => (part instanceof Unresolved ? [name] : [])),
      ),
  );
  return members
    .filter(isObject)
    .map((member) =>
      JSON.stringify(
        Object.entries(member)
          .filter(([name, part]) => !ends.has(name) && (part ?? null) !== null)
          .sort(([a], [b]) => (a < b ? -1 : 1)),
      ),
    )
    .sort();
}

export function inexact(value: Value): Value {
  if (value instanceof Unresolved) return new Unresolved(() => value.token, value.because, value.references);
  if (Array.isArray(value)) return value.map(inexact);
  return isObject(value)
    ? Object.fromEntries(Object.entries(value).map(([name, each]) => [name, inexact(each)]))
    : value;
}

/** Fills in ids that stay the same because the resource is updated in place. */
export function settle(value: Value, ids: KnownIds, except: readonly string[] = []): Value {
  if (value instanceof Unresolved) return ids.settled(value);
  if (Array.isArray(value)) return value.map((each: Value) => settle(each, ids, except));
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [name, except.includes(name) ? each : settle(each, ids, except)]),
  );
}

/** All texts in a value. */
export function placed(value: Value, found = new Set<Value>()): ReadonlySet<Value> {
  if (typeof value === 'string') found.add(value);
  else if (Array.isArray(value)) value.forEach((each: Value) => placed(each, found));
  else if (isObject(value)) Object.values(value).forEach((each) => placed(each, found));
  return found;
}
