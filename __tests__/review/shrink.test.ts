import fc from 'fast-check';
import { factsOf } from '../../review/readers/resources';
import { readTree } from '../../review/readers/tree';
import { Model } from '../../review/model/model';
import { drawn } from '../support/laws';
import { shrink, sizeOf, smaller, type Pair } from './support/shrink';
import { appName, change, type World } from './support/world';
import { configuration } from './support/world-configuration';

const ROOM = 18;

/** A deliberate disagreement: between the model of a world, and one that ignores a kind of rule. */
function disagrees(world: World): boolean {
  const model = new Model(factsOf(readTree([{ name: 'truth', json: configuration([world], 'registry:1') }])));
  return model.policies.some(({ ports }) => ports.includes(3128) && ports.includes(3000));
}

async function shrunk(pair: Pair): Promise<{ found: Pair; rounds: number }> {
  let rounds = 0;
  const found = await shrink(pair, ROOM, (pairs) => {
    rounds += 1;
    expect(pairs.length).toBeLessThanOrEqual(ROOM);
    return Promise.resolve(pairs.map(([before, after]) => disagrees(before) || disagrees(after)));
  });
  return { found, rounds };
}

describe('a disagreement of the truth test', () => {
  it('is reduced to the minimum: one space, two applications and the edge', async () => {
    const failing = fc
      .sample(change, { seed: 1, numRuns: 12 })
      .filter(([before, after]) => disagrees(before) || disagrees(after))
      .slice(0, 2);
    expect(failing).toHaveLength(2);
    for (const pair of failing) {
      const {
        found: [before, after],
        rounds,
      } = await shrunk(pair);
      expect(after).toEqual(before);
      // An edge can lead from an application to itself.
      const ends = before.edges[0]?.from === before.edges[0]?.to ? 1 : 2;
      expect(before.edges.map(({ port }) => port)).toEqual(['3000-3200']);
      expect(before.apps).toEqual(before.apps.map(({ space }) => ({ space, routes: [] })));
      expect(before.apps).toHaveLength(ends);
      expect(before.spaces.flat()).toEqual([]);
      expect(before.spaces.length).toBeLessThanOrEqual(ends);
      expect(rounds).toBeLessThan(30);
    }
  });

  it('stays the same if no smaller part fails', async () => {
    const [pair] = fc.sample(change, { seed: 2, numRuns: 1 });
    if (pair === undefined) throw new Error('nothing was made');
    expect(await shrink(pair, ROOM, (pairs) => Promise.resolve(pairs.map(() => false)))).toBe(pair);
  });
});

test('a smaller pair can be deployed: every edge has both applications, and every application its space', () => {
  fc.assert(
    fc.property(change, (pair) => {
      for (const one of smaller(pair)) {
        expect(sizeOf(one) < sizeOf(pair) || one[0] === one[1]).toBe(true);
        for (const { spaces, apps, edges } of one) {
          expect(apps.every(({ space }) => space < spaces.length)).toBe(true);
          expect(edges.every(({ from, to }) => from < apps.length && to < apps.length)).toBe(true);
        }
      }
    }),
    drawn(20),
  );
});

test('the configuration of a world names each of its things once', () => {
  const [pair] = fc.sample(change, { seed: 3, numRuns: 1 });
  const worlds = [pair?.[0], pair?.[1]].filter((world) => world !== undefined);
  const { resource } = configuration(worlds, 'registry:1') as { resource: Record<string, Record<string, object>> };
  const apps = worlds.flatMap((world, stack) => world.apps.map((_, index) => appName(stack, index)));
  expect(Object.keys(resource.cloudfoundry_app ?? {})).toEqual(apps);
});
