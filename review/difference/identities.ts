import { isDeepStrictEqual } from 'node:util';
import type { Application, Facts, Origin, SecurityGroup, Space } from '../model/facts';
import { grouped } from '../model/maps';
import { say } from '../phrase';
import { stamp, type Change } from './change';
import { placeIn } from './renames';

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
  const were = grouped(old, placeOf);
  return now.filter((one) => !(were.get(placeOf(one)) ?? []).some((other) => isDeepStrictEqual(one, other)));
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

function placeOf({ origin }: Said): string {
  return placeIn(origin?.stack ?? '', origin?.address ?? '');
}
