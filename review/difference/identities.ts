import { isDeepStrictEqual } from 'node:util';
import type { Application, Facts, SecurityGroup } from '../model/facts';
import { grouped } from '../model/maps';
import { say } from '../phrase';
import { stamp, type Change } from './change';
import { placeIn } from './renames';

type Owned = Application | SecurityGroup;

/**
 * Two resources of one identity: the model has one place for both, and the platform one thing, which the provider takes over
 * from the other or makes as the last of the two says. Whatever changes in either is unknown.
 */
export function identityChanges(before: Facts, after: Facts): Change[] {
  const [had, has] = [identities(before), identities(after)];
  return [...has].flatMap(([identity, now]) => {
    const old = had.get(identity) ?? [];
    const isOther = now.some((one) => old.some((other) => isAnother(one, other)));
    if (now.length < 2 && old.length < 2 && !isOther) return [];
    const were = new Map(old.map((one) => [placeOf(one), one]));
    return now
      .filter((one) => !isDeepStrictEqual(one, were.get(placeOf(one))))
      .map((one): Change => {
        const { origin, name } = one;
        const who = origin?.address ?? identity;
        return {
          verdict: 'unknown',
          way: 'other',
          who: [who],
          what: say`another resource named ${[{ name }]}`,
          token: stamp(JSON.stringify([identity, one], plainly)),
          origin,
        };
      });
  });
}

/** Names with slashes may give one id together: `a` in the space `b/c`, and `c/a` in `b`. */
function isAnother(one: Owned, other: Owned): boolean {
  return 'id' in one && 'id' in other && one.id === other.id && one.space !== other.space;
}

/** What JSON has no form for. */
function plainly(_: string, value: unknown): unknown {
  return value instanceof Map || value instanceof Set ? [...(value as Iterable<unknown>)] : value;
}

/** The platform takes names that differ in case only for the same. */
function identities({ applications, groups }: Facts): ReadonlyMap<string, readonly Owned[]> {
  const key = (id: string): string => id.normalize('NFC').toLowerCase();
  return new Map<string, readonly Owned[]>([
    ...grouped(owned(applications), ({ id }) => key(`application ${id}`)),
    ...grouped(owned(groups), ({ name }) => key(`group ${name}`)),
  ]);
}

function owned<T extends Owned>(all: readonly T[]): T[] {
  return all.filter((one) => one.owned);
}

function placeOf({ origin }: Owned): string {
  return placeIn(origin?.stack ?? '', origin?.address ?? '');
}
