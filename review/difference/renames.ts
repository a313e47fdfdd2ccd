import type { Application, Facts, Origin, Space } from '../model/facts';
import { printPorts } from '../model/traffic';

/** One thing of the platform that changes its address in the state, which destroys it and makes it anew. */
export interface Rename {
  readonly what: string;
  readonly from: Origin;
  readonly to: Origin;
}

/** Finds what is the same before and after under another address: most often a construct that was renamed. */
export function renames(before: Facts, after: Facts): Rename[] {
  const [had, has] = [named(before), named(after)];
  const place = ({ stack, address }: Origin): string => `${stack} ${address}`;
  const [places, newPlaces] = [new Set([...had.values()].map(place)), new Set([...has.values()].map(place))];
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
      `policy ${source} -> ${destination} ${protocol} ${printPorts(ports)}`,
      origin,
    ]),
    ...routes.map(({ url, origin }): [string, Origin] => [`route ${url}`, origin]),
    ...bindings.map(({ group, space, stage, origin }): [string, Origin] => [
      `${stage} group ${group} of ${space}`,
      origin,
    ]),
  ]);
}
