import type { Facts } from '../../model/facts';
import { NOTES, type Notes } from '../../notes';
import { block } from '../json';
import { type Assumption, assumptions } from './assumptions';
import { movesBetween, withoutDoneMoves, type Moves } from './moves';
import { Stack, type SynthesizedStack } from './stack';
import { resourcesOf, settingsOf } from './stack-resources';
import type { Resource } from '../values';

export type { Assumption, SynthesizedStack };

/**
 * The resources of synthesized stacks, of all providers; what one stack takes from another is followed. Needs neither engine
 * nor account.
 */
export function readTree(stacks: readonly SynthesizedStack[]): Resource[] {
  return [...read(stacks, '').values()].flatMap(resourcesOf);
}

/** Before and after a change, with what `moved` blocks rename under one address in both. */
export function readTrees(
  before: readonly SynthesizedStack[],
  after: readonly SynthesizedStack[],
): { before: Resource[]; after: Resource[]; assumed: Assumption[] } {
  const [old, now] = [read(before, 'before'), read(after, 'after')];
  const moves = new Map(
    [...old].flatMap(([name, stack]): [string, Moves][] => {
      const next = now.get(name);
      return next === undefined ? [] : [[name, movesBetween(stack, next)]];
    }),
  );
  const moved = read(before, 'before', moves);
  return {
    ...withoutDoneMoves([...moved.values()].flatMap(resourcesOf), [...now.values()].flatMap(resourcesOf), moves),
    assumed: assumptions(moved, now),
  };
}

/** What the blocks `terraform` and `provider` say, before and after a change: a plan has none of it as it was. */
export function readSettings(
  before: readonly SynthesizedStack[],
  after: readonly SynthesizedStack[],
): { before: Resource[]; after: Resource[] } {
  return {
    before: [...read(before, 'before').values()].flatMap(settingsOf),
    after: [...read(after, 'after').values()].flatMap(settingsOf),
  };
}

/** A file that is not at hand is not the same on the other side. */
function read(
  stacks: readonly SynthesizedStack[],
  side: string,
  moves: ReadonlyMap<string, Moves> = new Map(),
): ReadonlyMap<string, Stack> {
  const found = new Map<string, Stack>();
  for (const stack of stacks) found.set(stack.name, new Stack(stack, found, side, moves.get(stack.name)));
  return found;
}

/** What the program noted down for the review: acknowledgements, and claims about spaces that it only refers to. */
export function readNotes(stacks: readonly SynthesizedStack[]): Notes {
  const notes = stacks.map(({ json }) => block(block(block(json)['//'])[NOTES]) as Partial<Notes>);
  return {
    acknowledged: notes.flatMap(({ acknowledged = [] }) => acknowledged),
    claims: notes.flatMap(({ claims = [] }) => claims),
  };
}

/** Takes the program's word for the security groups of spaces that it does not own. */
export function withClaims(facts: Facts, claims: Notes['claims']): Facts {
  const claimed = new Map(claims.map(({ space, groups }) => [space, groups]));
  const known = new Set(facts.spaces.map(({ id }) => id));
  return {
    ...facts,
    spaces: [
      ...facts.spaces.map((space) => (space.owned ? space : { ...space, claim: claimed.get(space.id) ?? space.claim })),
      ...[...claimed]
        .filter(([id]) => !known.has(id))
        .map(([id, claim]) => ({ id, name: id.slice(id.lastIndexOf('/') + 1), owned: false, claim })),
    ],
  };
}

/** Construct paths by stack and address, to name in a plan what only the program knows. */
export function pathsOf(stacks: readonly SynthesizedStack[]): ReadonlyMap<string, string> {
  return new Map(
    readTree(stacks).flatMap(({ stack, address, path }): [string, string][] =>
      path === undefined ? [] : [[`${stack} ${address}`, path]],
    ),
  );
}
