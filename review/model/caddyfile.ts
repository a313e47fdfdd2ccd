import { Unreadable } from './unreadable';

/** A line of a Caddyfile, with the content of its braces. */
export interface Directive {
  readonly words: readonly string[];
  readonly body?: readonly Directive[];
}

interface Token {
  readonly text: string;
  readonly line: number;
}

/**
 * Parses the structure of a Caddyfile, without knowledge of the directives.
 *
 * @throws on anything that Caddy itself refuses, and on rare syntax that isn't supported here: escapes and heredocs
 * @see https://caddyserver.com/docs/caddyfile/concepts
 */
export function parseCaddyfile(text: string): Directive[] {
  const lines = linesOf(tokensOf(text));
  const directives = block(lines);
  const [left] = lines;
  if (left !== undefined) throw new Unreadable(`line ${lineOf(left)} closes a block that was never opened`);
  return directives;
}

/** Prints a directive in one form, so that two that differ only in spaces and comments are equal. */
export function printDirective({ words, body }: Directive): string {
  const line = words.map((word) => JSON.stringify(word)).join(' ');
  return body === undefined ? line : `${line} {\n${body.map(printDirective).join('\n')}\n}`;
}

/** Real files have about five levels; each level uses stack. */
const DEEPEST = 100;

/** Takes the lines of one block from the front, without its closing brace. */
function block(lines: Token[][], depth = 0): Directive[] {
  if (depth > DEEPEST) throw new Unreadable('it has blocks that are nested too deeply');
  const directives: Directive[] = [];
  while (lines[0] !== undefined && lines[0][0]?.text !== '}') {
    const line = lines.shift() ?? [];
    const words = line.map(({ text }) => text);
    const opens = words.at(-1) === '{';
    const own = opens ? words.slice(0, -1) : words;
    const stray = own.find((word) => word === '{' || word === '}');
    if (stray !== undefined) throw new Unreadable(`line ${lineOf(line)} has '${stray}' in the middle of the line`);
    directives.push(opens ? { words: own, body: body(lines, line, depth + 1) } : { words: own });
  }
  return directives;
}

function body(lines: Token[][], opening: readonly Token[], depth: number): Directive[] {
  const directives = block(lines, depth);
  const end = lines.shift();
  if (end === undefined) throw new Unreadable(`line ${lineOf(opening)} opens a block that is never closed`);
  if (end.length > 1) throw new Unreadable(`line ${lineOf(end)} has more than '}'`);
  return directives;
}

function lineOf([first]: readonly Token[]): number {
  return first?.line ?? 0;
}

function linesOf(tokens: readonly Token[]): Token[][] {
  const lines: Token[][] = [];
  for (const token of tokens) {
    const last = lines.at(-1);
    if (last?.[0]?.line === token.line) last.push(token);
    else lines.push([token]);
  }
  return lines;
}

/** Line ends and spaces that programs treat differently. Caddy drops a carriage return, even from within a word. */
const ODD_SPACE = /[\v\f\u0085\u2028\u2029\uFEFF]|\r(?!\n)/u;

function tokensOf(text: string): Token[] {
  if (text.includes('\\')) throw new Unreadable('it has a backslash, which the shell that writes the file may change');
  if (ODD_SPACE.test(text)) throw new Unreadable('it has a character that may or may not end a line');
  const tokens: Token[] = [];
  let line = 1;
  const pattern = /(\n)|[^\S\n]+|#[^\n]*|"([^"\n]*)"|`([^`\n]*)`|([^\s"`#]\S*)|(["`])/gu;
  for (const [, newline, double, back, word, open] of text.matchAll(pattern)) {
    if (open !== undefined) throw new Unreadable(`line ${line} opens a quote that is never closed`);
    const quoted = double ?? back;
    if (quoted === '{' || quoted === '}') throw new Unreadable(`line ${line} has a brace in quotes`);
    if (word?.startsWith('<<') === true) throw new Unreadable(`line ${line} begins a heredoc`);
    const token = quoted ?? word;
    if (token !== undefined) tokens.push({ text: token, line });
    if (newline !== undefined) line += 1;
  }
  return tokens;
}
