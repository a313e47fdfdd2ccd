import { isObject, SET_LATER, Unresolved, type Value } from '../values';

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
