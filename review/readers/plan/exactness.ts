import { isObject, Unresolved, type Value } from '../values';
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
  if (written instanceof Unresolved) return written.exact;
  if (Array.isArray(written)) return written.every((each: Value) => isPlain(each));
  return !isObject(written) || Object.values(written).every(isPlain);
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
