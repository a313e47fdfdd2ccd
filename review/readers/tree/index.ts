import { lastPart, type Facts } from '../../model/facts';
import { block } from '../json';
import { NOTES, type Notes, type SynthesizedStack, REMOTE_STATE, STATE_PREFIX, type Block } from './blocks';
import type { Part } from './closure';
import { argumentsOf, repetition, movesBetween, withoutDoneMoves, type Moves } from './meta';
import { Providers, roleOf } from './sections';
import { resourcesOf, settingsOf } from './stack-resources';
import { Stack } from './stack';
import type { Resource } from '../values';
import { grouped } from '../../model/maps';

export type { SynthesizedStack };

/**
 * The resources of synthesized stacks, from all providers. References between stacks are followed. Needs neither an
 * engine nor an account.
 */
export function readTree(stacks: readonly SynthesizedStack[]): Resource[] {
  return [...read(stacks, '').values()].flatMap(resourcesOf);
}

/** Reads before and after a change; what `moved` blocks rename has the same address in both. */
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

/** The blocks `terraform` and `provider`, before and after a change. A plan doesn't contain their previous state. */
export function readSettings(
  before: readonly SynthesizedStack[],
  after: readonly SynthesizedStack[],
): { before: Resource[]; after: Resource[] } {
  return {
    before: [...read(before, 'before').values()].flatMap(settingsOf),
    after: [...read(after, 'after').values()].flatMap(settingsOf),
  };
}

/** A file that isn't available counts as different on both sides. */
function read(
  stacks: readonly SynthesizedStack[],
  side: string,
  moves: ReadonlyMap<string, Moves> = new Map(),
): ReadonlyMap<string, Stack> {
  const found = new Map<string, Stack>();
  for (const stack of stacks) found.set(stack.name, new Stack(stack, found, side, moves.get(stack.name)));
  return found;
}

/** The program's notes for the review: acknowledgements, and claims about spaces that it only refers to. */
export function readNotes(stacks: readonly SynthesizedStack[]): Notes {
  const notes = stacks.map(({ json }) => block(block(block(json)['//'])[NOTES]) as Partial<Notes>);
  return {
    acknowledged: notes.flatMap(({ acknowledged = [] }) => acknowledged),
    claims: notes.flatMap(({ claims = [] }) => claims),
  };
}

/** Adds the program's claims about the security groups of spaces that it doesn't own. */
export function withClaims(facts: Facts, claims: Notes['claims']): Facts {
  const claimed = new Map(claims.map(({ space, groups }) => [space, groups]));
  const known = new Set(facts.spaces.map(({ id }) => id));
  return {
    ...facts,
    spaces: [
      ...facts.spaces.map((space) => (space.owned ? space : { ...space, claim: claimed.get(space.id) ?? space.claim })),
      ...[...claimed]
        .filter(([id]) => !known.has(id))
        .map(([id, claim]) => ({ id, name: lastPart(id), owned: false, claim })),
    ],
  };
}

/** Construct paths by stack and address, because only the program knows them. */
export function pathsOf(stacks: readonly SynthesizedStack[]): ReadonlyMap<string, string> {
  return new Map(
    readTree(stacks).flatMap(({ stack, address, path }): [string, string][] =>
      path === undefined ? [] : [[`${stack} ${address}`, path]],
    ),
  );
}

/** Stacks that may be on the same foundation. */
interface Group {
  readonly stacks: SynthesizedStack[];
  readonly names: Set<string>;
  readonly made: Set<string>;
}

/**
 * Groups the stacks of a program by foundation, as far as that is visible: two stacks that create the same space or
 * application can't be on the same one, for example a test and a production environment with the same names. A stack
 * joins those that it takes something from, otherwise the first group that it fits.
 */
export function byFoundation(stacks: readonly SynthesizedStack[], facts: Facts): SynthesizedStack[][] {
  // What each stack creates that exists only once on a foundation.
  const made = grouped(
    [...facts.spaces, ...facts.applications].filter(({ owned, origin }) => owned && origin !== undefined),
    ({ origin }) => origin?.stack ?? '',
  );
  const groups: Group[] = [];
  for (const stack of stacks) {
    const own = (made.get(stack.name) ?? []).map(({ id }) => id);
    const possible = groups.filter((group) => !own.some((id) => group.made.has(id)));
    const needed = neededBy(stack);
    const group = possible.find(({ names }) => needed.some((name) => names.has(name))) ?? possible[0] ?? added(groups);
    group.stacks.push(stack);
    group.names.add(stack.name);
    own.forEach((id) => group.made.add(id));
  }
  return groups.map((group) => group.stacks);
}

function added(groups: Group[]): Group {
  const group = { stacks: [], names: new Set<string>(), made: new Set<string>() };
  groups.push(group);
  return group;
}

/** The stacks that one takes something from. */
function neededBy({ json }: SynthesizedStack): string[] {
  return Object.keys(block(block(block(json).data)[REMOTE_STATE])).map((state) =>
    state.startsWith(STATE_PREFIX) ? state.slice(STATE_PREFIX.length) : state,
  );
}

/**
 * An argument that depends on a variable's default and is made of something other than before. With another value of
 * the variable, it may say something other than what is read here.
 */
export interface Assumption {
  readonly stack: string;
  readonly address: string;
  readonly type: string;
  readonly provider?: string;
  readonly argument: string;
  /** What it is made of, before and after. */
  readonly madeOf: readonly [before: string, after: string];
}

/** All of them in a change. Nothing is assumed about what the change removes. */
function assumptions(before: ReadonlyMap<string, Stack>, after: ReadonlyMap<string, Stack>): Assumption[] {
  if (![...before.values(), ...after.values()].some(({ assumes }) => assumes)) return [];
  return [...after].flatMap(([name, stack]) => {
    const providers = new Providers([...stack.blocks.values()]);
    return [...stack.blocks].flatMap(([address, block]): Assumption[] => {
      const role = roleOf(block);
      if (role === 'value' || role === 'settings') return [];
      const [type = ''] = role === 'resource' ? block.labels : [block.section];
      const provider = role === 'resource' ? providers.of(block) : providers.source(block.labels[0] ?? '');
      const old = before.get(name);
      return Object.entries(writtenIn(block)).flatMap(([argument, written]) => {
        const had = old?.blocks.get(address);
        const was = had === undefined ? undefined : writtenIn(had)[argument];
        const madeOf = [described(old, was), described(stack, written)] as const;
        const isAssumed = madeOf.some(({ parts }) => parts.some(({ assumed }) => assumed));
        if (!isAssumed || madeOf[0].whole === madeOf[1].whole || isShown(madeOf)) return [];
        return [
          { stack: name, address, type, provider, argument, madeOf: [madeOf[0].whole, madeOf[1].whole] as const },
        ];
      });
    });
  });
}

function writtenIn(block: Block): Readonly<Record<string, unknown>> {
  return { ...argumentsOf(block), ...repetition(block.body) };
}

interface Description {
  readonly parts: readonly Part[];
  readonly whole: string;
  /** Everything but the defaults. */
  readonly frame: string;
}

function described(stack: Stack | undefined, written: unknown): Description {
  const parts = stack?.madeOf(written) ?? [];
  const text = (all: readonly Part[]): string =>
    JSON.stringify([written ?? null, ...all.map(({ id, content }) => [id, content])]);
  return { parts, whole: text(parts), frame: text(parts.filter(({ assumed }) => !assumed)) };
}

/**
 * A new default of a single variable shows in what it results in; with a value from outside nothing changes. The same
 * applies to several variables that are only inserted. If they affect each other, one may hide what another one says.
 */
function isShown([before, after]: readonly [Description, Description]): boolean {
  const isAlone = after.parts.filter(({ assumed }) => assumed).length === 1;
  const isPlain = (after.frame.match(TEMPLATES) ?? []).every((each) => PLAIN.test(each));
  return before.frame === after.frame && (isAlone || isPlain);
}

const TEMPLATES = /[$%]\{[^}]*\}?/g;
const PLAIN = /^\$\{[\w.-]+\}$/;
