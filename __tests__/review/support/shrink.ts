import type { App, OwnGroup, World } from './world';

/** A world before and after a change. */
export type Pair = readonly [before: World, after: World];

/** The number of things to understand in a pair. */
export function sizeOf([before, after]: Pair): number {
  return sizeOfWorld(before) + sizeOfWorld(after);
}

const OPTIONS = ['forwards', 'asks', 'drain'] as const satisfies readonly (keyof App)[];

function sizeOfWorld({ spaces, apps, edges, group }: World): number {
  const groups = spaces.reduce((sum, own) => sum + 1 + own.length, 0);
  const inApps = apps.reduce(
    (sum, { allow, routes, ...others }) =>
      sum + 1 + routes.length + (allow ? 1 + allow.length : 0) + OPTIONS.filter((name) => others[name]).length,
    0,
  );
  const bound = group === undefined ? 0 : group.opens.length + group.spaces.length;
  return groups + inApps + edges.length + bound;
}

/** All pairs that are left when one thing is removed, the smallest first. */
export function smaller(pair: Pair): Pair[] {
  const [before, after] = pair;
  const worlds = (step: (world: World) => World): Pair => [step(before), step(after)];
  const places = (of: (world: World) => readonly unknown[]): number[] =>
    Array.from({ length: Math.max(of(before).length, of(after).length) }, (_, place) => place);
  const candidates: Pair[] = [
    [before, before],
    [after, after],
    ...places(({ apps }) => apps).map((app) => worlds((world) => withoutApp(world, app))),
    ...places(({ spaces }) => spaces).map((space) => worlds((world) => withoutSpace(world, space))),
    ...places(({ spaces }) => spaces).flatMap((space) =>
      places(({ spaces }) => spaces[space] ?? []).map((group) =>
        worlds((world) => ({ ...world, spaces: changed(world.spaces, space, (groups) => without(groups, group)) })),
      ),
    ),
    ...places(({ apps }) => apps).flatMap((app) => {
      const inApp = (step: (app: App) => App): Pair =>
        worlds((world) => ({ ...world, apps: changed(world.apps, app, step) }));
      return [
        inApp((old) => ({ ...old, allow: undefined })),
        ...OPTIONS.map((name) => inApp((old) => ({ ...old, [name]: undefined }))),
        ...places(({ apps }) => apps[app]?.allow ?? []).map((line) =>
          inApp((old) => ({ ...old, allow: old.allow && without(old.allow, line) })),
        ),
        ...places(({ apps }) => apps[app]?.routes ?? []).map((route) =>
          inApp((old) => ({ ...old, routes: without(old.routes, route) })),
        ),
      ];
    }),
    worlds((world) => ({ ...world, group: undefined })),
    ...places(({ group }) => group?.opens ?? []).map((rule) =>
      worlds(({ group, ...world }) => ({
        ...world,
        group: group && groupOf(without(group.opens, rule), group.spaces),
      })),
    ),
    ...places(({ edges }) => edges).map((edge) => worlds((world) => ({ ...world, edges: without(world.edges, edge) }))),
  ];
  const size = sizeOf(pair);
  const seen = new Set([JSON.stringify(pair)]);
  return candidates
    .filter((one) => sizeOf(one) < size || (one[0] === one[1] && before !== after))
    .filter((one) => {
      const key = JSON.stringify(one);
      return seen.size < seen.add(key).size;
    })
    .sort((a, b) => sizeOf(a) - sizeOf(b));
}

/**
 * The smallest failing pair that can be found by removing one thing at a time. One deploy is expensive, and deploying
 * many at once takes little more, so all candidates of a step are tried together.
 *
 * @param failing returns for each of several pairs whether it fails
 */
export async function shrink(
  pair: Pair,
  room: number,
  failing: (pairs: readonly Pair[]) => Promise<readonly boolean[]>,
): Promise<Pair> {
  let smallest = pair;
  for (;;) {
    const found = await firstFailing(smaller(smallest), room, failing);
    if (found === undefined) return smallest;
    smallest = found;
  }
}

async function firstFailing(
  candidates: readonly Pair[],
  room: number,
  failing: (pairs: readonly Pair[]) => Promise<readonly boolean[]>,
): Promise<Pair | undefined> {
  for (let first = 0; first < candidates.length; first += room) {
    const some = candidates.slice(first, first + room);
    const fails = await failing(some);
    const found = some.find((_, place) => fails[place] === true);
    if (found !== undefined) return found;
  }
  return undefined;
}

function withoutApp(world: World, app: number): World {
  const kept = world.edges.filter(({ from, to }) => from !== app && to !== app);
  const moved = (end: number): number => (end > app ? end - 1 : end);
  return {
    ...world,
    apps: without(world.apps, app),
    edges: kept.map(({ from, to, port }) => ({ from: moved(from), to: moved(to), port })),
  };
}

/** Removes a space if it is empty. */
function withoutSpace({ group, ...world }: World, space: number): World {
  if (world.apps.some((app) => app.space === space)) return { ...world, group };
  const moved = (place: number): number => (place > space ? place - 1 : place);
  return {
    ...world,
    spaces: without(world.spaces, space),
    apps: world.apps.map((app) => ({ ...app, space: moved(app.space) })),
    group: group && groupOf(group.opens, group.spaces.filter((bound) => bound !== space).map(moved)),
  };
}

/** The group, unless it opens nothing or isn't bound. */
function groupOf(opens: OwnGroup['opens'], spaces: OwnGroup['spaces']): OwnGroup | undefined {
  return opens.length === 0 || spaces.length === 0 ? undefined : { opens, spaces };
}

function without<T>(all: readonly T[], place: number): T[] {
  return all.filter((_, index) => index !== place);
}

function changed<T>(all: readonly T[], place: number, step: (one: T) => T): T[] {
  return all.map((one, index) => (index === place ? step(one) : one));
}
