import { isDeepStrictEqual } from 'node:util';
import { byText } from '../model/maps';
import { COMMUNITY } from '../community';
import {
  HARMLESS_PROVIDERS,
  isCovered,
  isLookedInto,
  meaningOf,
  RUNNING_SETTINGS,
  RUNNING_TYPES,
  tableType,
} from '../coverage';
import { stamp, type Change } from './change';
import type { Meaning } from '../meaning';
import { isFlag, isObject, SET_LATER, Unresolved, type Resource, type Value } from '../readers/values';
import type { Assumption } from '../readers/tree';
import type { Settings } from '../settings';

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
  return new Map(resources.filter(({ managed }) => managed).map((resource) => [keyOf(resource), resource]));
}

function keyOf({ stack, address, type }: Resource): string {
  return JSON.stringify([stack, address, type]);
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
function isHarmless({ provider, type }: Pick<Resource, 'provider' | 'type'>, { harmlessProviders }: Settings): boolean {
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
      ? Object.fromEntries(Object.entries(value as object).sort(([a], [b]) => byText(a, b)))
      : value;
  });
  return stamp(text);
}

/** Attributes that hold several ids or names. */
const SEVERAL: ReadonlySet<string> = new Set([
  ...['running_spaces', 'staging_spaces', 'buildpacks', 'sidecars.process_types'],
]);

/**
 * Whether a modelled attribute's value has the form that the model expects. Any other form, which engines refuse today,
 * isn't read, and so its change is unknown.
 */
function isReadable(type: string, name: string, value: Value): boolean {
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

/** Attributes for which the model itself distinguishes unknown values. */
const MODELLED: ReadonlySet<string> = new Set([
  'what an application runs',
  'what a proxy allows',
  'policies',
  'rules',
  'roles',
  'logs',
  'running_spaces',
  'staging_spaces',
]);

/**
 * A name that is computed during the apply stands in the model for one thing, whatever it will be. If what it is
 * computed from changes, it may be another name, so that is a change of its own.
 *
 * @param counts which tokens stand for the same thing before and after; others are new in every plan
 */
export function unknownChanges(
  before: readonly Resource[],
  after: readonly Resource[],
  counts: (token: string) => boolean = () => true,
): Change[] {
  const had = new Map(before.map((resource) => [keyOf(resource), resource]));
  const ours = after.filter(({ type }) => type.startsWith('cloudfoundry_'));
  const known = new Set(ours.map(({ stack, address }) => `${stack} ${address}`));
  return after.flatMap((resource) => {
    const old = had.get(keyOf(resource));
    if (old === undefined || old.values === resource.values) return [];
    return Object.entries(resource.values).flatMap(([name, value]): Change[] => {
      if (resource.managed ? !isNamed(tableType(resource), name) : !resource.type.startsWith('cloudfoundry_'))
        return [];
      const [mine, theirs] = [value, old.values[name]].map((each) => tokensIn(each, known).filter(counts)) as [
        string[],
        string[],
      ];
      if ([...mine, ...theirs].every((token) => mine.includes(token) && theirs.includes(token))) return [];
      const { stack, address, path } = resource;
      const token = stamp(JSON.stringify([stack, theirs, mine]));
      return [
        { verdict: 'unknown', way: 'other', who: [address], what: name, token, origin: { stack, address, path } },
      ];
    });
  });
}

/** Whether the attribute is a name in the model. What a data source says names what it finds. */
function isNamed(type: string, name: string): boolean {
  const meaning = meaningOf(type, name);
  return meaning.kind === 'modelled' && !MODELLED.has(meaning.where) && !MODELLED.has(name);
}

/** Tokens of values that are more than the id of an existing thing. */
function tokensIn(value: Value | undefined, known: ReadonlySet<string>): string[] {
  if (value instanceof Unresolved) {
    const [one] = value.references;
    const isId = value.exact && one?.attribute === 'id' && known.has(`${one.stack} ${one.address}`);
    return isId ? [] : [value.token];
  }
  if (Array.isArray(value)) return value.flatMap((each: Value) => tokensIn(each, known));
  return isObject(value) ? Object.values(value).flatMap((each) => tokensIn(each, known)) : [];
}

/** Takes the place of an attribute in the row. */
const ASSUMED = 'default of a variable';

/** What depends on the default of a variable is unknown if it is made of something other than before. */
export function assumedChanges(assumed: readonly Assumption[], settings: Settings): Change[] {
  return assumed
    .filter((one) => !isHarmless(one, settings) && !isHarmlessArgument(one))
    .map(({ stack, address, argument, madeOf }): Change => ({
      verdict: 'unknown',
      way: 'other',
      who: [address],
      what: ASSUMED,
      note: argument,
      token: stamp(JSON.stringify([stack, argument, ...madeOf])),
      origin: { stack, address },
    }));
}

function isHarmlessArgument(one: Assumption): boolean {
  return isCovered(one) && meaningOf(tableType(one), one.argument).kind === 'harmless';
}
