import { isDeepStrictEqual } from 'node:util';
import { byText } from '../../model/maps';
import { isStraightValue } from '../expressions/templates';
import { block, list, own } from '../json';
import type { KnownIds } from './known-ids';
import { marks } from './sensitive';
import { isObject, LATER, SET_LATER, Unresolved, type Value } from '../values';

/** Fills in what is only known after the apply from the configuration. */
export function merge(known: Value, unknown: unknown, written: Value | undefined, token: string): Value {
  if (unknown === true) return later(written, token);
  if (unknown === undefined || unknown === false) return known;
  // If the whole value is hidden, nobody sees which part is unknown.
  if (known instanceof Unresolved) return marks(unknown) ? new Unresolved(`${token} of ${known.token}`, LATER) : known;
  if (Array.isArray(unknown)) {
    if (!unknown.some(marks)) return known;
    const spread = spreadOver(unknown, written);
    if (spread !== undefined) return spread.map((each, index) => later(each, `${token} ${index}`));
    // A set with an unknown member has no order in common with the configuration, which knows its members equally well.
    if (Array.isArray(written) && Array.isArray(known) && written.length === known.length) {
      return written.map((each: Value, index) => member(known[index] as Value, later(each, `${token} ${index}`)));
    }
    const longest = Math.max(list(known).length, unknown.length);
    return Array.from({ length: longest }, (_, index) =>
      merge((list(known)[index] ?? null) as Value, unknown[index], single(written), `${token} ${index}`),
    );
  }
  const names = new Set([...Object.keys(block(known)), ...Object.keys(block(unknown))]);
  return Object.fromEntries(
    [...names].map((name) => {
      const inner = isObject(written) ? (own(written, name) as Value | undefined) : single(written);
      const value = (own(block(known), name) ?? null) as Value;
      return [name, merge(value, own(block(unknown), name), inner, `${token} ${name}`)];
    }),
  );
}

/** There are as many unknown members as possible ids: each is one of them. */
function spreadOver(unknown: readonly unknown[], written: Value | undefined): Unresolved[] | undefined {
  if (!(written instanceof Unresolved) || !written.exact || written.references.length !== unknown.length)
    return undefined;
  if (!unknown.every((each) => each === true)) return undefined;
  return written.references.map((each) => new Unresolved(() => written.token, written.because, [each], true));
}

/** What the configuration says about a member, completed from the plan if both are the same member. */
function member(known: Value, written: Value): Value {
  if (!isObject(known) || !isObject(written)) return written;
  const differs = Object.entries(known).some(
    ([name, value]) => typeof written[name] === 'string' && value !== null && written[name] !== value,
  );
  const added = Object.entries(known).filter(([name, value]) => value !== null && !Object.hasOwn(written, name));
  return differs ? written : { ...written, ...Object.fromEntries(added) };
}

/** A value of the configuration whose templates can't be computed before the apply. */
function later(written: Value | undefined, token: string): Value {
  if (written === undefined || written === null) return new Unresolved(token, SET_LATER);
  if (written instanceof Unresolved) {
    const from = (): string => (written.token === '' ? token : `${token} from ${written.token}`);
    return new Unresolved(from, LATER, written.references, written.exact, written.filled);
  }
  if (Array.isArray(written)) return written.map((each: Value, index) => later(each, `${token} ${index}`));
  if (!isObject(written)) return written;
  return Object.fromEntries(Object.entries(written).map(([key, value]) => [key, later(value, `${token} ${key}`)]));
}

/** An expression with a single reference, for each place in the attribute. */
function single(written: Value | undefined): Value | undefined {
  return written instanceof Unresolved ? written : undefined;
}

/** The value that the platform or provider gives an attribute that the code omits when it creates the resource. */
export const UNSET: Readonly<Record<string, Readonly<Record<string, Value>>>> = {
  cloudfoundry_app: { enable_ssh: false },
  cloudfoundry_security_group: { globally_enabled_running: false, globally_enabled_staging: false },
};

/**
 * Parts of an attribute that the platform sets if the code doesn't. When an attribute is known only after the apply, a
 * plan doesn't show which parts the code sets; its references are to ids, and none of these parts is an id.
 */
export const COMPUTED: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  cloudfoundry_route: { destinations: ['app_process_type', 'id', 'port', 'protocol'] },
};

/** For new resources: computed parts that could only be an id are the platform's. */
export function setLater(members: Value, computed: readonly string[]): Value {
  if (computed.length === 0 || !Array.isArray(members)) return members;
  return members.map((member: Value) => {
    if (!isObject(member)) return member;
    return Object.fromEntries(
      Object.entries(member).map(([part, value]) => {
        const isId =
          value instanceof Unresolved && value.exact && value.references.every(({ attribute }) => attribute === 'id');
        return [part, isId && computed.includes(part) ? new Unresolved(() => value.token, SET_LATER) : value];
      }),
    );
  });
}

/** Keeps the computed parts as they were, if all members had the same ones. */
export function keepComputed(members: Value, before: Value, computed: readonly string[]): Value {
  if (computed.length === 0 || !Array.isArray(members) || !Array.isArray(before)) return members;
  const had = (part: string): Value[] => [...new Set(before.filter(isObject).map((member) => member[part] as Value))];
  return members.map((member: Value) => {
    if (!isObject(member)) return member;
    const kept = computed.filter((part) => !(part in member) || member[part] instanceof Unresolved);
    const same = kept.flatMap((part): [string, Value][] => {
      const [value, ...others] = had(part);
      return value === undefined || others.length > 0 ? [] : [[part, value]];
    });
    return { ...member, ...Object.fromEntries(same) };
  });
}

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
          .sort(([a], [b]) => byText(a, b)),
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
