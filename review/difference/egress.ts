import type { Stage } from '../model/facts';
import { remember, type Model } from '../model/model';
import { Reach } from '../model/reach';
import { both, ofUnknown, UNLESS, type Change, type Pair, type Part } from './change';

/** Where applications get without a proxy, while they run or while they are staged. */
export function egressChanges(before: Model, after: Model, stage: Stage): Change[] {
  const way = stage === 'running' ? 'direct' : 'staging';
  const cache = new Map<Reach, Map<Reach, Part[]>>();
  const changed = (pair: Pair<Reach>): Part[] =>
    remember(
      remember(cache, pair[0], () => new Map<Reach, Part[]>()),
      pair[1],
      () => reachChanges(pair),
    );

  return both(before.spaces, after.spaces).flatMap((space) => {
    const reach = (model: Model): Reach => (model.spaces.has(space) ? model.egress(space, stage) : Reach.NONE);
    const stages = (model: Model, id: string): boolean =>
      stage === 'running' || model.applications.get(id)?.lifecycle !== 'docker';
    const members = both(
      new Map(before.applicationsIn(space).map((application) => [application.id, application])),
      new Map(after.applicationsIn(space).map((application) => [application.id, application])),
    ).filter((id) => stages(after.applications.has(id) ? after : before, id));
    if (members.length === 0) {
      const empty = before.applicationsIn(space).length + after.applicationsIn(space).length === 0;
      return empty ? changed([reach(before), reach(after)]).map((part) => ({ ...part, way, who: space })) : [];
    }
    return members.flatMap((who) => {
      const of = (model: Model): Reach => (model.applications.has(who) ? reach(model) : Reach.NONE);
      return changed([of(before), of(after)]).map((part) => ({ ...part, way, who }));
    });
  });
}

function reachChanges([before, after]: Pair<Reach>): Part[] {
  if (before === after) return [];
  const tokens = (reach: Reach): Set<string> => new Set(reach.unknown.map(({ token }) => token));
  const [had, has] = [tokens(before), tokens(after)];
  const opened = after.known.minus(before.known);
  const closed = before.known.minus(after.known);
  const appeared = after.unknown.filter(
    ({ token, atMost }) => !had.has(token) && (atMost === undefined || !before.known.covers(atMost)),
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
