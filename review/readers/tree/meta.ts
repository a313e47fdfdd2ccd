import { isConstant } from '../expressions/functions';
import { type Json, isJson } from '../json';
import { type Block, nestedBlocks } from './blocks';
import type { Stack } from './stack';
import { isObject, type Value, type Resource } from '../values';

/** What an argument that all blocks of a kind share does, whatever their type. */
type Meaning = 'harmless' | 'block' | 'argument';

/**
 * Arguments for the engine rather than the provider. Those that order or refuse an apply open nothing; the others
 * become resources of their own, so that changes show.
 */
const META: Readonly<Record<string, Meaning>> = {
  depends_on: 'harmless',
  lifecycle: 'block',
  provisioner: 'block',
  connection: 'block',
  dynamic: 'block',
  provider: 'argument',
};

/** Arguments of `lifecycle` that order an apply or refuse it. */
const ORDER: ReadonlySet<string> = new Set([
  'create_before_destroy',
  'prevent_destroy',
  'precondition',
  'postcondition',
]);

interface Meta {
  readonly kind: string;
  readonly body: Json;
}

const REPEATED = ['count', 'for_each'];

/** What a resource says to its provider. */
export function argumentsOf({ body }: Block): Json {
  return Object.fromEntries(
    Object.entries(body).filter(([name]) => !Object.hasOwn(META, name) && !REPEATED.includes(name)),
  );
}

/** What a resource says to the engine, except for its number of instances. */
export function metaOf({ body }: Block): Meta[] {
  return Object.entries(body).flatMap(([kind, content]): Meta[] => {
    const meaning = Object.hasOwn(META, kind) ? META[kind] : undefined;
    if (meaning === 'argument' && content !== null) return [{ kind, body: { [kind]: content } }];
    if (meaning !== 'block') return [];
    const blocks = nestedBlocks(content).map((inner) => (kind === 'lifecycle' ? withoutOrder(inner) : inner));
    return blocks.filter((inner) => Object.keys(inner).length > 0).map((inner) => ({ kind, body: inner }));
  });
}

/**
 * The content that affects others that use the block. Only people read a description, and a validation can only refuse.
 */
export function contentOf({ section, body }: Block): Json {
  return Object.fromEntries(Object.entries(body).filter(([name]) => !UNSAID[section]?.has(name)));
}

const UNSAID: Readonly<Record<string, ReadonlySet<string>>> = {
  resource: new Set(['depends_on']),
  data: new Set(['depends_on']),
  output: new Set(['depends_on', 'description', 'precondition']),
  variable: new Set(['description', 'validation']),
};

/** Whether an update may leave something unchanged. */
export function ignores(block: Block): boolean {
  return metaOf(block).some(({ kind, body }) => kind === 'lifecycle' && 'ignore_changes' in body);
}

function withoutOrder(lifecycle: Json): Json {
  return Object.fromEntries(Object.entries(lifecycle).filter(([name]) => !ORDER.has(name)));
}

/** One of the resources that a block with `count` or `for_each` creates; without either, the only one. */
export interface Instance {
  /** `[0]`, `["a"]` */
  readonly suffix: string;
  readonly count?: number;
  readonly each?: Readonly<Record<'key' | 'value', Value>>;
}

export const ONLY: Instance = { suffix: '' };
/** More than any real block creates; beyond this, instances aren't distinguished. */
const MOST = 1000;

/** The arguments that create several instances, as far as they are set. */
export function repetition(body: Json): Json {
  return Object.fromEntries(
    ['count', 'for_each'].flatMap((name) => ((body[name] ?? null) === null ? [] : [[name, body[name]]])),
  );
}

/** Undefined if their number isn't known before the apply. */
export function instancesOf(body: Json, evaluate: (written: unknown) => Value): readonly Instance[] | undefined {
  const repeated = repetition(body);
  const [first, second] = Object.entries(repeated);
  if (first === undefined) return [ONLY];
  if (second !== undefined) return undefined;
  const value = evaluate(first[1]);
  const instances = first[0] === 'count' ? counted(value) : eachOf(value);
  return instances === undefined || instances.length > MOST ? undefined : instances;
}

function counted(value: Value): Instance[] | undefined {
  const count = typeof value === 'string' && /^[0-9]+$/.test(value) ? Number(value) : value;
  if (typeof count !== 'number' || !Number.isInteger(count) || count < 0 || count > MOST) return undefined;
  return Array.from({ length: count }, (_, index) => ({ suffix: `[${index}]`, count: index }));
}

function eachOf(value: Value): Instance[] | undefined {
  const instance = (key: string, each: Value): Instance => ({
    suffix: `[${JSON.stringify(key)}]`,
    each: { key, value: each },
  });
  if (isObject(value)) return Object.entries(value).map(([key, each]) => instance(key, each));
  if (!Array.isArray(value) || !isConstant(value)) return undefined;
  const keys = new Set(value.map(String));
  return [...keys].map((key) => instance(key, key));
}

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
