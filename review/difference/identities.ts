import { isDeepStrictEqual } from 'node:util';
import { stamp, type Change } from './change';
import { placeIn, type Application, type Facts, type Origin, type SecurityGroup, type Space } from '../model/facts';
import { grouped, remember } from '../model/maps';
import { printPolicy } from '../model/traffic';
import { say, plain } from '../phrase';
import { isObject, Unresolved, type Resource, type Value } from '../readers/values';

type Owned = Application | SecurityGroup | Space;

/** A fact about something with an identity, or the thing itself. */
interface Said {
  readonly origin?: Origin;
}

/**
 * Two resources with the same identity. The model has one entry for both. The platform has one thing, which the
 * provider either adopts or changes to what the last of the two says; or it has two, if they are on two foundations.
 * Any change to either resource, or to facts about it, is unknown.
 */
export function identityChanges(before: Facts, after: Facts): Change[] {
  const [had, has] = [identities(before), identities(after)];
  const shared = new Map(
    [...had, ...has].flatMap(([identity, [first, ...more]]) =>
      first === undefined || more.length === 0 ? [] : [[identity, first.name] as const],
    ),
  );
  const owned = [...shared].flatMap(([identity, name]) =>
    changed(had.get(identity) ?? [], has.get(identity) ?? []).map((one) => another(name, identity, one)),
  );
  const [old, now] = [saidOf(before, shared), saidOf(after, shared)];
  const said = [...now].flatMap(([identity, facts]) =>
    changed(old.get(identity) ?? [], facts).map((one) => another(shared.get(identity) ?? '', identity, one)),
  );
  return [...owned, ...said];
}

/** Those that differ from before, by their places. */
function changed<T extends Said>(old: readonly T[], now: readonly T[]): T[] {
  const were = grouped(old, ({ origin }) => placeIn(origin));
  return now.filter((one) => !(were.get(placeIn(one.origin)) ?? []).some((other) => isDeepStrictEqual(one, other)));
}

function another(name: string, identity: string, one: Said): Change {
  return {
    verdict: 'unknown',
    way: 'other',
    who: [one.origin?.address ?? identity],
    what: say`another resource named ${[{ name }]}`,
    token: stamp(JSON.stringify([identity, one], plainly)),
    origin: one.origin,
  };
}

/** Policies, bindings, routes and grants that concern the shared identities, by identity. */
function saidOf(
  { policies, bindings, routes, grants = [] }: Facts,
  shared: ReadonlyMap<string, string>,
): ReadonlyMap<string, readonly Said[]> {
  if (shared.size === 0) return new Map();
  const ofApplications = (...ids: readonly string[]): string[] => ids.map((id) => key(`application ${id}`));
  const named: readonly (readonly [one: Said, identities: readonly string[]])[] = [
    ...policies.map((one) => [one, ofApplications(one.source, one.destination)] as const),
    ...bindings.map((one) => [one, [key(`space ${one.space}`), key(`group ${one.group}`)]] as const),
    ...routes.map((one) => [one, ofApplications(...one.applications, ...(one.possible ?? []))] as const),
    ...grants.map(
      (one) => [one, [one.who, one.via ?? ''].flatMap((id) => [...ofApplications(id), key(`space ${id}`)])] as const,
    ),
  ];
  const found = named.flatMap(([one, ids]) => {
    const identity = ids.find((id) => shared.has(id));
    return identity === undefined ? [] : [{ identity, one }];
  });
  return new Map(
    [...grouped(found, ({ identity }) => identity)].map(([identity, all]) => [identity, all.map(({ one }) => one)]),
  );
}

/** Replaces values that JSON can't represent. */
function plainly(_: string, value: unknown): unknown {
  return value instanceof Map || value instanceof Set ? [...(value as Iterable<unknown>)] : value;
}

function identities({ applications, groups, spaces }: Facts): ReadonlyMap<string, readonly Owned[]> {
  return new Map<string, readonly Owned[]>([
    ...grouped(owned(applications), ({ id }) => key(`application ${id}`)),
    ...grouped(owned(groups), ({ name }) => key(`group ${name}`)),
    ...grouped(owned(spaces), ({ id }) => key(`space ${id}`)),
  ]);
}

/** The platform treats names that differ only in case as the same. */
function key(id: string): string {
  return id.normalize('NFC').toLowerCase();
}

function owned<T extends Owned>(all: readonly T[]): T[] {
  return all.filter((one) => one.owned);
}

/** Something on the platform whose address in the state changes, so that it is destroyed and created again. */
export interface Rename {
  readonly what: string;
  readonly from: Origin;
  readonly to: Origin;
}

/**
 * Finds what is the same before and after under another address: usually a construct that was renamed. If the old
 * address remains, there are two of them.
 *
 * @param left places of all resources after the change
 */
export function renames(before: Facts, after: Facts, left: ReadonlySet<string> = new Set()): Rename[] {
  const places = new Set(originsOf(before).map((origin) => placeIn(origin)));
  const newPlaces = new Set([...left, ...originsOf(after).map((origin) => placeIn(origin))]);
  // Few move, and a large plan has many names.
  const had = named(before, (origin) => !newPlaces.has(placeIn(origin)));
  const has = named(after, (origin) => !places.has(placeIn(origin)));
  return [...had].flatMap(([what, from]) => {
    const to = has.get(what);
    return to === undefined ? [] : [{ what, from, to }];
  });
}

function originsOf({ applications, spaces, policies, routes, bindings }: Facts): Origin[] {
  return [
    ...[...spaces, ...applications].flatMap(({ owned, origin }) => (owned && origin !== undefined ? [origin] : [])),
    ...[...policies, ...routes, ...bindings].map(({ origin }) => origin),
  ];
}

function named(
  { applications, spaces, policies, routes, bindings }: Facts,
  isMeant: (origin: Origin) => boolean,
): Map<string, Origin> {
  const meant = <T extends { readonly origin: Origin }>(all: readonly T[], name: (one: T) => string) =>
    all.filter(({ origin }) => isMeant(origin)).map((one): [string, Origin] => [name(one), one.origin]);
  const owned = (kind: string, all: readonly (Space | Application)[]): [string, Origin][] =>
    all.flatMap((one): [string, Origin][] =>
      one.owned && one.origin !== undefined && isMeant(one.origin) ? [[`${kind} ${one.id}`, one.origin]] : [],
    );
  return new Map([
    ...owned('space', spaces),
    ...owned('application', applications),
    ...meant(policies, ({ source, destination, protocol, ports }) => {
      return `policy ${source} -> ${destination} ${printPolicy(protocol, ports)}`;
    }),
    ...meant(routes, ({ url }) => `route ${url}`),
    ...meant(bindings, ({ group, space, stage }) => `${stage} group ${group} of ${space}`),
  ]);
}

/** How something without a known name is described. */
const STANDS_FOR = /\([\w ]+ of /;

/**
 * Adds to a change about something without a known name what that name will be computed from: `(name of
 * cloudfoundry_app.web)` could stand for any name, and an approval must be for one.
 *
 * @param resources after the change
 */
export function binderOfNames(resources: readonly Resource[]): (change: Change) => Change {
  let labels: ReturnType<typeof labelsOf> | undefined;
  const known = new Map<string, readonly string[]>();
  const tokensIn = (text: string): readonly string[] => {
    // Most of the thousands of names are known.
    if (!STANDS_FOR.test(text)) return [];
    labels ??= resources.filter(({ type }) => type.startsWith('cloudfoundry_')).flatMap(labelsOf);
    const all = labels;
    return remember(known, text, () => all.flatMap(([label, tokens]) => (text.includes(label) ? tokens : [])));
  };
  return (change) => {
    const { who, what, via = '', note = '', token = '' } = change;
    const tokens = new Set([...who, plain(what), via, plain(note)].flatMap(tokensIn));
    return tokens.size === 0 ? change : { ...change, token: stamp([token, ...[...tokens].sort()].join('\n')) };
  };
}

/** The end of a description, with the tokens of everything unknown in the resource. */
function labelsOf({ stack, address, values }: Resource): [label: string, tokens: readonly string[]][] {
  const tokens = tokensOf(values).map((token) => `${stack} ${token}`);
  // For the older provider, the description has more words after the address.
  return tokens.length === 0 ? [] : [')', ' '].map((end) => [` of ${address}${end}`, tokens]);
}

function tokensOf(value: Value): string[] {
  if (value instanceof Unresolved) return [value.token];
  if (Array.isArray(value)) return value.flatMap(tokensOf);
  return isObject(value) ? Object.values(value).flatMap(tokensOf) : [];
}
