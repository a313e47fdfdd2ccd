import { sha256 } from '../../model/fingerprint';
import { byText } from '../../model/maps';
import { sorted } from '../expressions/functions';
import type { Value } from '../values';

/** A part of a program that others refer to: a local, a variable, the body of a resource, or one of its attributes. */
export class Part {
  private text?: string;
  private mentioned?: readonly Part[];

  constructor(
    /** Unique within the program, and the same before and after a change. */
    readonly id: string,
    private readonly json: unknown,
    private readonly mentionedBy: (text: string) => readonly Part[],
    /** Set for a variable whose default is used but that may get another value. */
    readonly assumed = false,
  ) {}

  get content(): string {
    this.text ??= JSON.stringify(sorted(this.json as Value));
    return this.text;
  }

  get texts(): readonly string[] {
    return textsOf(this.json);
  }

  /** The parts that this one refers to. */
  get mentions(): readonly Part[] {
    this.mentioned ??= this.texts.flatMap((each) => this.mentionedBy(each));
    return this.mentioned;
  }
}

/**
 * Stands for a text and everything that it is made of: the content of everything that it refers to, directly or
 * indirectly, each once. If all of that is equal, so is the engine's result.
 */
export function tokenOf(text: string, parts: readonly Part[]): string {
  const found = closureOf(parts);
  return found.length === 0 ? text : `${text} ${sha256(JSON.stringify(found.map(({ id, content }) => [id, content])))}`;
}

/** The parts and everything that they are made of, in a fixed order. */
export function closureOf(parts: readonly Part[]): readonly Part[] {
  const found = new Map<string, Part>();
  const waiting = [...parts];
  for (let part = waiting.pop(); part !== undefined; part = waiting.pop()) {
    if (found.has(part.id)) continue;
    found.set(part.id, part);
    waiting.push(...part.mentions);
  }
  return [...found.values()].sort((a, b) => byText(a.id, b.id));
}

/** All templates in a value. */
export function textsOf(content: unknown): string[] {
  if (typeof content === 'string') return /[$%]\{/.test(content) ? [content] : [];
  if (typeof content !== 'object' || content === null) return [];
  return Array.isArray(content)
    ? content.flatMap(textsOf)
    : Object.entries(content).flatMap(([name, inner]) => [...textsOf(name), ...textsOf(inner)]);
}

const NAME = String.raw`[\p{ID_Start}_][\p{ID_Continue}-]*`;
/** What may be between two tokens. */
export const BETWEEN = String.raw`(?:\s|\/\*[^]*?\*\/|(?:#|\/\/)[^\n]*(?:\n|$))*`;
const COMMENTS = /\/\*[^]*?\*\/|(?:#|\/\/)[^\n]*/g;
/** The first few steps of a path are enough to tell where it leads. */
const LONGEST = 8;
/** Starts at every position, because what looks like a comment may be in quotes and contain another path. */
const PATH = new RegExp(
  String.raw`(?=[\p{ID_Start}_])(?<!\p{ID_Continue})(?=(${NAME}(?:${BETWEEN}\.${BETWEEN}${NAME}){1,${LONGEST}}))`,
  'gu',
);

/**
 * The paths in a text, as `local.x.y`. Finding too many is harmless and finding too few isn't, so quotes are ignored.
 */
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

/**
 * The text without references that only name a thing, such as `cloudfoundry_space.Home.id`, and say nothing about it.
 */
export function withoutIdentities(text: string, isNamed: (type: string, name: string) => boolean): string {
  return text.replace(IDENTITY, (whole, type: string, name: string, index = '') =>
    isNamed(type, name) ? ` ${String(index)} ` : whole,
  );
}
