import { placeIn, type Origin, type Stage } from '../model/facts';
import { remember } from '../model/maps';
import type { Model } from '../model/model';
import { Reach, type Unknown } from '../model/reach';
import type { Traffic } from '../model/traffic';
import { both, ofUnknown, UNLESS, type Change, type Pair, type Part } from './change';

/** What applications reach without a proxy, while they run or are staged. */
export function egressChanges(before: Model, after: Model, stage: Stage): Change[] {
  const way = stage === 'running' ? 'direct' : 'staging';
  const cache = new Map<Reach, Map<Reach, Part[]>>();
  const changed = (pair: Pair<Reach>): Part[] =>
    remember(
      remember(cache, pair[0], () => new Map<Reach, Part[]>()),
      pair[1],
      () => reachChanges(pair),
    );

  const [had, has] = [placesOf(before, stage), placesOf(after, stage)];
  const inPlaces = both(had, has).flatMap((space): Change[] => {
    const made = [before, after].some((model) => model.spaces.get(space)?.owned === true);
    const reach = (model: Model): Reach =>
      model.spaces.has(space) || !made ? model.withoutClaims(space, stage) : Reach.NONE;
    const runs = (model: Model, id: string): boolean => {
      const application = model.applications.get(id);
      return application !== undefined && (stage === 'running' || application.lifecycle !== 'docker');
    };
    const members = both(
      new Map(before.applicationsIn(space).map((application) => [application.id, application])),
      new Map(after.applicationsIn(space).map((application) => [application.id, application])),
    ).filter((id) => runs(before, id) || runs(after, id));
    // There may be other applications that the code doesn't know.
    const others = changed([reach(before), reach(after)]).filter(
      ({ verdict }) => !members.some((id) => runs(verdict === 'closes' ? before : after, id)),
    );
    return [
      ...others.map((part): Change => ({ ...part, way, who: [space] })),
      ...members.flatMap((who) => {
        const of = (model: Model): Reach => (runs(model, who) ? reach(model) : Reach.NONE);
        return changed([of(before), of(after)]).map((part): Change => ({ ...part, way, who: [who] }));
      }),
    ];
  });
  const unbound =
    stage === 'running' ? unboundChanges(before, after, changed, new Set(inPlaces.map(({ what }) => what))) : [];
  return [...inPlaces, ...unbound.map((change): Change => ({ ...change, way }))];
}

const EVERY_SPACE = 'every space';

/**
 * Spaces, including those of which only an id that something is bound to is known, and all spaces of the foundation if
 * a group is global.
 */
function placesOf(model: Model, stage: Stage): Map<string, unknown> {
  const bound = model.bindings.filter((binding) => binding.stage === stage);
  const global = [...model.groups.values()].some((group) => group.owned && group.global[stage] !== 'no');
  return new Map<string, unknown>([
    ...model.spaces,
    ...bound.map((binding): [string, unknown] => [binding.space, binding]),
    ...(global ? [[EVERY_SPACE, global] as const] : []),
  ]);
}

/** A group that nothing here binds may be bound by another stack or by hand, to unknown spaces. */
function unboundChanges(
  before: Model,
  after: Model,
  changed: (pair: Pair<Reach>) => Part[],
  reported: ReadonlySet<unknown>,
): (Part & { readonly who: readonly string[]; readonly origin?: Origin })[] {
  const bound = new Set([...before.bindings, ...after.bindings].map(({ group }) => group));
  const places = new Map([...before.groups.values()].map((group) => [placeIn(group.origin), group]));
  return [...after.groups.values()].flatMap(({ name, owned, reach, bindersKnown = false, global, origin }) => {
    const old = before.groups.get(name) ?? places.get(placeIn(origin));
    if (old === undefined || !owned || bindersKnown || global.running !== 'no') return [];
    return changed([old.reach, reach])
      .filter(({ verdict, what }) => verdict !== 'closes' && !(bound.has(name) && reported.has(what)))
      .map((part) => ({ ...part, verdict: 'unknown' as const, who: [`spaces of ${name}`], origin }));
  });
}

function reachChanges([before, after]: Pair<Reach>): Part[] {
  if (before === after) return [];
  const indexed = (reach: Reach): Map<string, Unknown> => new Map(reach.unknown.map((one) => [one.token, one]));
  const [had, has] = [indexed(before), indexed(after)];
  const opened = after.known.minus(before.known);
  const closed = before.known.minus(after.known);
  const appeared = after.unknown.filter(
    ({ token, atMost }) => !mayBe(had.get(token), atMost) && (atMost === undefined || !before.known.covers(atMost)),
  );
  return [
    ...opened.describe().map((what) => ({ verdict: 'opens' as const, what })),
    ...closed.describe().map((what) => ({
      verdict: 'closes' as const,
      what,
      ...(after.possible?.intersect(closed).isEmpty !== true && { note: UNLESS }),
    })),
    ...appeared.map((unknown) => ofUnknown(unknown.opens === true ? 'opens' : 'unknown', unknown)),
    ...before.unknown.filter(({ token }) => !has.has(token)).map((unknown) => ofUnknown('closes', unknown)),
  ];
}

/** Whether the old unknown may already have included everything that is possible now. */
function mayBe(old: Unknown | undefined, most: Traffic | undefined): boolean {
  if (old === undefined) return false;
  return old.atMost === undefined || (most !== undefined && old.atMost.covers(most));
}
