import { isJson } from '../json';
import type { Stack } from './stack';
import type { Resource } from '../values';

/** New addresses by old addresses. */
export type Moves = ReadonlyMap<string, string>;

export const NO_MOVES: Moves = new Map();

const RESOURCE = /^([A-Za-z_][\w-]*)\.[A-Za-z_][\w-]*$/;

/**
 * What `moved` blocks rename: a resource that has only the old address before and only the new one after, with the same
 * type. The engine keeps it, so it is the same resource for everything that refers to it.
 */
export function movesBetween(before: Stack, after: Stack): Moves {
  const written = new Map(
    [...after.blocks.values()].flatMap(({ section, body: { from, to } }): [string, string][] =>
      section === 'moved' && typeof from === 'string' && typeof to === 'string' ? [[from, to]] : [],
    ),
  );
  return new Map(
    [...written.keys()].flatMap((from): [string, string][] => {
      const to = lastOf(from, written);
      const kept =
        RESOURCE.exec(from)?.[1] !== undefined &&
        RESOURCE.exec(from)?.[1] === RESOURCE.exec(to)?.[1] &&
        [before.blocks.has(from), after.blocks.has(to)].every(Boolean) &&
        ![before.blocks.has(to), after.blocks.has(from)].some(Boolean);
      return kept ? [[from, to]] : [];
    }),
  );
}

/** The end of a chain of moves; a circular one ends where it started. */
function lastOf(from: string, moves: Moves): string {
  const seen = new Set([from]);
  let last = from;
  for (let next = moves.get(last); next !== undefined && !seen.has(next); next = moves.get(last)) {
    seen.add(next);
    last = next;
  }
  return last;
}

/** The program as if it had been written with the new addresses. */
export function renamed(json: unknown, moves: Moves): unknown {
  if (moves.size === 0) return json;
  if (typeof json === 'string') return json.replace(/[$%]\{[^}]*\}/g, (template) => renamedIn(template, moves));
  if (Array.isArray(json)) return json.map((each) => renamed(each, moves));
  if (!isJson(json)) return json;
  return Object.fromEntries(Object.entries(json).map(([name, inner]) => [name, renamed(inner, moves)]));
}

function renamedIn(template: string, moves: Moves): string {
  return template.replace(/(?<![\w.-])[A-Za-z_][\w-]*\.[A-Za-z_][\w-]*/g, (address) => moves.get(address) ?? address);
}

/**
 * Only the `moved` blocks that are new and rename nothing that is visible here: the others have already taken effect.
 */
export function withoutDoneMoves(
  before: readonly Resource[],
  after: readonly Resource[],
  moves: ReadonlyMap<string, Moves>,
): { before: Resource[]; after: Resource[] } {
  const key = ({ stack, values: { from, to } }: Resource): string => JSON.stringify([stack, from, to]);
  const had = new Set(before.filter(isMoved).map(key));
  const isDone = (resource: Resource): boolean => {
    const ends = [...(moves.get(resource.stack) ?? NO_MOVES)].flat();
    return had.has(key(resource)) || ends.some((end) => end === resource.values.from || end === resource.values.to);
  };
  return {
    before: before.filter((resource) => !isMoved(resource)),
    after: after.filter((resource) => !isMoved(resource) || !isDone(resource)),
  };
}

function isMoved({ type }: Resource): boolean {
  return type === 'moved';
}
