import type { Facts } from '../model/facts';
import { NOTES, type Notes } from '../notes';
import { block } from './json';
import { Stack, type SynthesizedStack } from './stack';
import { resourcesOf } from './stack-resources';
import type { Resource } from './values';

export type { SynthesizedStack };

/**
 * The resources of synthesized stacks, of all providers; what one stack takes from another is followed. Needs neither engine
 * nor account.
 *
 * @param side before or after a change: a file that is not at hand is not the same on the other side
 */
export function readTree(stacks: readonly SynthesizedStack[], side = ''): Resource[] {
  const read = new Map<string, Stack>();
  for (const stack of stacks) read.set(stack.name, new Stack(stack, read, side));
  return [...read.values()].flatMap(resourcesOf);
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
