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
  const [had, has] = [named(before), named(after)];
  const place = ({ stack, address }: Origin): string => placeIn(stack, address);
  const places = new Set([...had.values()].map(place));
  const newPlaces = new Set([...left, ...[...has.values()].map(place)]);
  return [...had].flatMap(([what, from]) => {
    const to = has.get(what);
    const moved = to !== undefined && !newPlaces.has(place(from)) && !places.has(place(to));
    return moved ? [{ what, from, to }] : [];
  });
}

function named({ applications, spaces, policies, routes, bindings }: Facts): Map<string, Origin> {
  const owned = (kind: string, all: readonly (Space | Application)[]): [string, Origin][] =>
    all.flatMap((one): [string, Origin][] =>
      one.owned && one.origin !== undefined ? [[`${kind} ${one.id}`, one.origin]] : [],
    );
  return new Map([
    ...owned('space', spaces),
    ...owned('application', applications),
    ...policies.map(({ source, destination, protocol, ports, origin }): [string, Origin] => [
      `policy ${source} -> ${destination} ${printPolicy(protocol, ports)}`,
      origin,
    ]),
    ...routes.map(({ url, origin }): [string, Origin] => [`route ${url}`, origin]),
    ...bindings.map(({ group, space, stage, origin }): [string, Origin] => [
      `${stage} group ${group} of ${space}`,
      origin,
    ]),
  ]);
}
