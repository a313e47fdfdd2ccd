import type { Variable } from './facts';
import { Unreadable } from './unreadable';
import type { Unknown } from './reach';

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

/** What a line may contain: the words after its first one, and the lines in its braces. Unset if it has no braces. */
interface Shape {
  readonly words: RegExp;
  readonly lines?: Shapes;
}
type Shapes = Readonly<Record<string, Shape>>;

const NONE: Shape = { words: /^$/ };
const DURATION: Shape = { words: /^[0-9]+(?:ms|s|m|h)$/ };
/** A file next to the program, at a path where nothing is added later. */
const FILE = '[\\w./-]+';

/** Restricted, because logs that go elsewhere are a way out. */
const LOG: Shapes = {
  format: { words: /^(?:console|json)$/ },
  level: { words: /^(?:debug|info|warn|error|panic|fatal)$/i },
  output: { words: /^(?:stdout|stderr|discard)$/ },
};

/**
 * Lines of a Caddyfile, by their position, that neither allow nor hold back requests and send nothing to anybody else.
 * A line that is neither here nor modelled is unknown.
 */
const HARMLESS = {
  option: {
    admin: { words: /^off$/ },
    auto_https: { words: /^(?:off|disable_redirects|disable_certs|ignore_loaded_certs)$/ },
    debug: NONE,
    grace_period: DURATION,
    log: { words: /^(?:default)?$/, lines: LOG },
    order: { words: /^forward_proxy (?:first|last|(?:before|after) [a-z_]+)$/ },
    persist_config: { words: /^off$/ },
    shutdown_delay: DURATION,
    skip_install_trust: NONE,
  },
  directive: {
    encode: { words: /^(?:gzip|zstd|br)(?: (?:gzip|zstd|br))*$/ },
    log: { words: /^$/, lines: LOG },
    tls: { words: new RegExp(`^(?:internal|${FILE} ${FILE})$`) },
  },
  /** Lines after a proxy that takes all requests it may let through. */
  answer: {
    abort: NONE,
    error: { words: /^[\w ./-]*$/ },
    respond: { words: /^[\w ./-]*$/ },
  },
  /** Settings of `forward_proxy`: how it identifies itself, which resolver it uses, and its timeouts. */
  setting: {
    basic_auth: { words: /^\S+ \S+$/ },
    dial_timeout: DURATION,
    hide_ip: NONE,
    hide_via: NONE,
    probe_resistance: { words: /^[\w.-]*$/ },
    serve_pac: { words: /^[\w./-]*$/ },
  },
} as const satisfies Readonly<Record<string, Shapes>>;

export function isHarmless(directive: Directive, place: keyof typeof HARMLESS): boolean {
  return fits(directive, HARMLESS[place]);
}

function fits({ words: [name = '', ...words], body }: Directive, shapes: Shapes): boolean {
  const shape = Object.hasOwn(shapes, name) ? shapes[name] : undefined;
  if (shape?.words.test(words.join(' ')) !== true) return false;
  return body === undefined || (shape.lines !== undefined && body.every((line) => fits(line, shape.lines ?? {})));
}

/** Stands for an unknown value; no configuration contains it. */
const MARK = '\uE000';
const ODD = 'it contains a private-use character';

/** Whether a text stays a single word of the line into which it is inserted and can't add lines of its own. */
export function isWord(text: string): boolean {
  return /^(?!["`#{}]|<<)[^\s\\]+$/u.test(text) && !text.includes('{$');
}

/** A text with variables, `{$NAME}` or `{$NAME:default}`, replaced by their values. */
export class Substituted {
  readonly text: string;
  private readonly hidden: Unknown[] = [];

  /** @param fixed variables that the platform sets, regardless of the environment */
  constructor(text: string, environment: ReadonlyMap<string, Variable>, fixed: ReadonlyMap<string, string>) {
    if (text.includes(MARK)) throw new Unreadable(ODD);
    this.text = text.replace(/\{\$([^}]+)\}/g, (_, expression: string) => {
      const [, name = '', fallback] = /^([^:]*)(?::([\s\S]*))?$/.exec(expression) ?? [];
      const value = fixed.get(name) ?? environment.get(name) ?? fallback ?? unset(name);
      if (typeof value === 'string') {
        if (value.includes(MARK)) throw new Unreadable(ODD);
        return value;
      }
      return `${MARK}${this.hidden.push(value) - 1}${MARK}`;
    });
  }

  /** Unknown values that may be more than one word, so that nothing in the text is certain. */
  get lines(): Unknown[] {
    return this.hidden.filter(({ word }) => word !== true);
  }

  /** The unknown values in a part of the text. */
  unknownIn(part: string): Unknown[] {
    return [...part.matchAll(new RegExp(`${MARK}([0-9]+)${MARK}`, 'g'))].flatMap(
      ([, index]) => this.hidden[Number(index)] ?? [],
    );
  }

  /** A form of a part that is equal whenever its unknown values are. */
  tokenOf(part: string): string {
    const tokens = this.unknownIn(part).map(({ token }) => token);
    return [part.replace(new RegExp(`${MARK}[0-9]+${MARK}`, 'g'), MARK), ...tokens].join('\n');
  }
}

function unset(name: string): Unknown {
  return { token: `variable ${name}`, because: `its environment has no ${name}, which a script may set`, word: true };
}
