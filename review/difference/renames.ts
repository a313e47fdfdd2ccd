import type { Application, Facts, Origin, Space } from '../model/facts';
import { printPolicy } from '../model/traffic';

/** Something on the platform whose address in the state changes, so that it is destroyed and created again. */
export interface Rename {
  readonly what: string;
  readonly from: Origin;
  readonly to: Origin;
}

/** Keeps addresses of different stacks apart. */
export function placeIn(stack: string, address: string): string {
  return `${stack} ${address}`;
}

/**
 * Finds what is the same before and after under another address: usually a construct that was renamed. If the old
 * address remains, there are two of them.
 *
 * @param left places of all resources after the change
 */
export function renames(before: Facts, after: Facts, left: ReadonlySet<string> = new Set()): Rename[] {
  const place = ({ stack, address }: Origin): string => placeIn(stack, address);
  const places = new Set(originsOf(before).map(place));
  const newPlaces = new Set([...left, ...originsOf(after).map(place)]);
  // Few move, and a large plan has many names.
  const had = named(before, (origin) => !newPlaces.has(place(origin)));
  const has = named(after, (origin) => !places.has(place(origin)));
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
