import { sha256 } from '../../model/fingerprint';
import { sorted } from '../expressions/functions';
import type { Value } from '../values';

/** A part of a program that others refer to: a local, a variable, the body of a resource, one attribute of it. */
export class Part {
  private text?: string;
  private mentioned?: readonly Part[];

  constructor(
    /** Unique within the program, and the same before and after a change of the part. */
    readonly id: string,
    private readonly json: unknown,
    private readonly mentionedBy: (text: string) => readonly Part[],
    /** A variable that is taken for its default, and may get another value outside. */
    readonly assumed = false,
  ) {}

  get content(): string {
    this.text ??= JSON.stringify(sorted(this.json as Value));
    return this.text;
  }

  /** The parts that this one refers to. */
  get mentions(): readonly Part[] {
    this.mentioned ??= textsOf(this.json).flatMap((each) => this.mentionedBy(each));
    return this.mentioned;
  }
}

/**
 * Stands for a text and all that it is made of: the content of everything that it refers to, and that this refers to, and so
 * on, round a circle once. Where all of that is the same, so is what the engine makes of it.
 */
export function tokenOf(text: string, parts: readonly Part[]): string {
  const found = closureOf(parts);
  return found.length === 0 ? text : `${text} ${sha256(JSON.stringify(found.map(({ id, content }) => [id, content])))}`;
}

/** The parts and all that they are made of, in one order. */
export function closureOf(parts: readonly Part[]): readonly Part[] {
  const found = new Map<string, Part>();
  const waiting = [...parts];
  for (let part = waiting.pop(); part !== undefined; part = waiting.pop()) {
    if (found.has(part.id)) continue;
    found.set(part.id, part);
    waiting.push(...part.mentions);
  }
  return [...found.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** All templates in it. */
export function textsOf(content: unknown): string[] {
  if (typeof content === 'string') return /[$%]\{/.test(content) ? [content] : [];
  if (typeof content !== 'object' || content === null) return [];
  return Array.isArray(content)
    ? content.flatMap(textsOf)
    : Object.entries(content).flatMap(([name, inner]) => [...textsOf(name), ...textsOf(inner)]);
}

const NAME = String.raw`[\p{ID_Start}_][\p{ID_Continue}-]*`;
/** What may stand between two signs. */
export const BETWEEN = String.raw`(?:\s|\/\*[^]*?\*\/|(?:#|\/\/)[^\n]*(?:\n|$))*`;
const COMMENTS = /\/\*[^]*?\*\/|(?:#|\/\/)[^\n]*/g;
/** Steps of a path, of which no more than the first few say what it leads to. */
const LONGEST = 8;
/** From each place on, since what looks like a comment may stand in quotes, and another path in it. */
const PATH = new RegExp(
  String.raw`(?=[\p{ID_Start}_])(?<!\p{ID_Continue})(?=(${NAME}(?:${BETWEEN}\.${BETWEEN}${NAME}){1,${LONGEST}}))`,
  'gu',
);

/** The paths in a text, as `local.x.y`. More than are there is no harm, and fewer are: so quotes don't matter. */
export function pathsIn(text: string): string[][] {
  return [...text.matchAll(PATH)].map(([, path = '']) =>
    path
      .replace(COMMENTS, ' ')
      .split('.')
      .map((name) => name.trim()),
  );
}

const IDENTITY = new RegExp(
  String.raw`(?=[\p{ID_Start}_])(?<![\p{ID_Continue}-])(?<!\.${BETWEEN})(${NAME})\s*\.\s*(${NAME})\s*(\[[^\[\]]*\])?\s*\.\s*id(?![\p{ID_Continue}-])`,
  'gu',
);

/** The text without what only names a thing, as `cloudfoundry_space.Home.id`, and says nothing of what the thing is. */
export function withoutIdentities(text: string, isNamed: (type: string, name: string) => boolean): string {
  return text.replace(IDENTITY, (whole, type: string, name: string, index = '') =>
    isNamed(type, name) ? ` ${String(index)} ` : whole,
  );
}
