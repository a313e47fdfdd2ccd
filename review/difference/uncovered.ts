import { isDeepStrictEqual } from 'node:util';
import {
  HARMLESS_PROVIDERS,
  isCovered,
  isLookedInto,
  meaningOf,
  RUNNING_SETTINGS,
  RUNNING_TYPES,
  tableType,
} from '../coverage';
import type { Meaning } from '../meaning';
import { isObject, SET_LATER, Unresolved, type Resource, type Value } from '../readers/values';
import type { Settings } from '../settings';
import { isReadable } from './shapes';
import { stamp, type Change } from './change';

/**
 * Changes that are neither modelled nor known to be harmless: one per attribute, or one per resource if the review
 * doesn't know the type. This closes the world: anything outside the model counts as opening.
 */
export function uncoveredChanges(
  before: readonly Resource[],
  after: readonly Resource[],
  settings: Settings,
): Change[] {
  const [had, has] = [indexed(before), indexed(after)];
  return [...new Set([...had.keys(), ...has.keys()])]
    .filter((key) => had.get(key)?.values !== has.get(key)?.values)
    .sort()
    .flatMap((key) => changesOf(had.get(key), has.get(key), settings));
}

function indexed(resources: readonly Resource[]): Map<string, Resource> {
  return new Map(
    resources
      .filter(({ managed }) => managed)
      .map((resource) => [JSON.stringify([resource.stack, resource.address, resource.type]), resource]),
  );
}

function changesOf(before: Resource | undefined, after: Resource | undefined, settings: Settings): Change[] {
  const one = after ?? before;
  if (one === undefined) return [];
  const [old, now] = [before?.values ?? {}, after?.values ?? {}];
  if (isHarmless(one, settings) && !isToldToRun(one, [old, now], settings)) return [];
  const change = (what: string, values: readonly (Value | undefined)[]): Change => ({
    verdict: 'unknown',
    way: 'other',
    who: [one.address],
    what,
    token: tokenOf(one.stack, values),
    origin: { stack: one.stack, address: one.address, path: one.path },
  });
  if (!isCovered(one)) {
    const same = before !== undefined && after !== undefined && isDeepStrictEqual(old, now);
    return same ? [] : [change(one.type, [old, now])];
  }
  return [...new Set([...Object.keys(old), ...Object.keys(now)])].sort().flatMap((name) => {
    const pair = [old[name] ?? null, now[name] ?? null] as const;
    if (pair[0] === pair[1]) return [];
    // When a modelled attribute is removed with its resource, its parts go too.
    const parts = after === undefined ? [] : unknownParts(tableType(one), name, pair);
    return (parts.length > 0 ? parts : unknownWhole(tableType(one), name, pair)).map((what) => change(what, pair));
  });
}

/** The names of an attribute's parts that differ and are unknown. */
function unknownParts(type: string, name: string, pair: readonly [Value, Value]): string[] {
  if (!isLookedInto(type, name)) return [];
  const [had, has] = pair.map((value) => (Array.isArray(value) ? (value as Value[]) : [value]).filter(isObject));
  const members = [...(had ?? []), ...(has ?? [])];
  const all = [...new Set(members.flatMap((member) => Object.keys(member)))];
  const parts = (kind: Meaning['kind']): string[] =>
    all.filter((part) => meaningOf(type, `${name}.${part}`).kind === kind);
  // If another part isn't known yet, it is unclear which member became which.
  const known = parts('modelled').filter((part) => !members.some((member) => member[part] instanceof Unresolved));
  return parts('unknown')
    .filter((part) => {
      const set = meaningOf(type, `${name}.${part}`);
      return !isDeepStrictEqual(marked(had, part, set, known), marked(has, part, set, known));
    })
    .sort()
    .map((part) => `${name}.${part}`);
}

/** The attribute itself, if it differs and is unknown. */
function unknownWhole(type: string, name: string, [old, now]: readonly [Value, Value]): string[] {
  const meaning = meaningOf(type, name);
  const isRead = meaning.kind !== 'unknown' && [old, now].every((value) => isReadable(type, name, value));
  return isRead || isDeepStrictEqual(old, now) ? [] : [name];
}

/** Members in which a part differs from the platform's own setting, along with their other known parts. */
function marked(
  members: readonly Members[] | undefined,
  part: string,
  meaning: Meaning,
  known: readonly string[],
): string[] {
  return (members ?? [])
    .filter((member) => !isSet(meaning, member[part]))
    .map((member) => JSON.stringify([part, ...known].map((name) => member[name] ?? null)))
    .sort();
}

type Members = Readonly<Record<string, Value>>;

/** Whether a value is the platform's own setting, or unset and will become it. */
function isSet(meaning: Meaning, value: Value = null): boolean {
  const later = value instanceof Unresolved && value.because === SET_LATER;
  return value === null || later || (meaning.kind === 'unknown' && value === meaning.set);
}

/** Whether the provider can neither reach Cloud Foundry nor run a program, judging by the type. */
export function isHarmless(
  { provider, type }: Pick<Resource, 'provider' | 'type'>,
  { harmlessProviders }: Settings,
): boolean {
  if (provider === undefined) return false;
  const known = HARMLESS_PROVIDERS.includes(provider) && !RUNNING_TYPES.has(type);
  return known || harmlessProviders.includes(provider);
}

/** Whether the settings of an otherwise harmless provider name another program to run. */
function isToldToRun(
  { provider = '', type }: Resource,
  [old, now]: readonly [Values, Values],
  { harmlessProviders }: Settings,
): boolean {
  if (type !== 'provider' || harmlessProviders.includes(provider)) return false;
  const names = Object.hasOwn(RUNNING_SETTINGS, provider) ? (RUNNING_SETTINGS[provider] ?? []) : [];
  return names.some((name) => !isDeepStrictEqual(old[name] ?? null, now[name] ?? null));
}

type Values = Resource['values'];

/** Stands for the values in an approval, so that it is valid for no others. */
function tokenOf(stack: string, values: readonly (Value | undefined)[]): string {
  const text = JSON.stringify([stack, ...values], (_, value: unknown) => {
    if (value instanceof Unresolved) return `?${value.token}`;
    if (typeof value === 'string') return `=${value}`;
    return isObject(value)
      ? Object.fromEntries(Object.entries(value as object).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value;
  });
  return stamp(text);
}
