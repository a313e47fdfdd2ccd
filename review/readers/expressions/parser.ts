/** An expression of the engine's language, as far as it is supported here. */
export type Expression =
  | { readonly kind: 'literal'; readonly value: string | number | boolean | null }
  /** `local.names[0]`, of which `local` is the root. */
  | { readonly kind: 'reference'; readonly root: string; readonly steps: readonly Step<Expression>[] }
  | { readonly kind: 'template'; readonly parts: readonly Expression[] }
  | { readonly kind: 'list'; readonly items: readonly Expression[] }
  | { readonly kind: 'object'; readonly entries: readonly (readonly [key: Expression, value: Expression])[] }
  | { readonly kind: 'member'; readonly of: Expression; readonly step: Step<Expression> }
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly Expression[] }
  | { readonly kind: 'conditional'; readonly parts: readonly [Expression, Expression, Expression] }
  | { readonly kind: 'operation'; readonly operator: string; readonly operands: readonly Expression[] };

/** `.name` or `[key]`. */
export type Step<Key> = { readonly attribute: string } | { readonly key: Key };

/** Why a text isn't parsed here. */
export class NotRead extends Error {}

/**
 * Parses a string of the configuration's JSON, which is a template. The review computes its value, and the admission
 * writes the admitted part anew, so anything that parsers might disagree on isn't parsed. (The engine's own parser, in
 * `@cdktf/hcl2json`, takes 3 ms per string, and a large plan has thousands.)
 *
 * @throws {NotRead} for directives, splats, `for`, heredocs, comments, and anything that the engine refuses
 * @see https://github.com/hashicorp/hcl/blob/v2.24.0/hclsyntax/spec.md
 * @see https://github.com/hashicorp/hcl/blob/v2.24.0/json/spec.md
 */
export function parseTemplate(text: string): Expression {
  if (UNLIKE.test(text)) throw new NotRead('a carriage return or a byte order mark');
  return new Parser(text).template();
}

/** After a lone carriage return, the engine takes `${` for text, and it drops a byte order mark at the start. */
const UNLIKE = /\r(?!\n)|^\uFEFF/;
const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', '"': '"', '\\': '\\' };
const WORDS: Readonly<Record<string, boolean | null>> = { true: true, false: false, null: null };
/** From lowest to highest precedence. */
const OPERATORS: readonly (readonly string[])[] = [
  ['||'],
  ['&&'],
  ['==', '!='],
  ['<=', '>=', '<', '>'],
  ['+', '-'],
  ['*', '/', '%'],
];
const SPACES: ReadonlySet<string | undefined> = new Set(' \t\r\n');
const SIGNS: ReadonlySet<string | undefined> = new Set(OPERATORS.flat().map((operator) => operator[0]));
/** Programs nest about ten levels; each level uses stack. */
const DEEPEST = 60;
/** The engine counts exactly; with so few digits, different numbers stay different here. */
const NUMBER = /(?:0|[1-9]\d{0,14})(?:\.\d{1,15})?(?![\w.])/y;
const MOST_DIGITS = 15;
/** Characters that the engine might read as the end of a word, a byte order mark or part of another character. */
const ODD = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;

const UNKNOWN_SIGN = 'a splat, a loop, a comment, or another unsupported sign';

class Parser {
  private at = 0;
  private depth = 0;

  constructor(private readonly text: string) {}

  template(): Expression {
    return this.parts(() => this.at >= this.text.length, false);
  }

  /** Text outside or within quotes, until it ends. An interpolation that is the whole text keeps its type. */
  private parts(ends: () => boolean, quoted: boolean): Expression {
    const parts: Expression[] = [];
    let literal = '';
    const flush = (): void => {
      if (literal !== '') parts.push({ kind: 'literal', value: literal });
      literal = '';
    };
    while (!ends()) {
      if (this.at >= this.text.length) throw new NotRead('an unterminated string');
      const [mark] = this.match(/[$%]+\{/y) ?? [];
      if (mark === '${') {
        flush();
        parts.push(this.expression());
        this.need('}');
      } else if (mark === '$${' || mark === '%%{') literal += mark.slice(1);
      // Which of several marks belong together is told differently by those who read them.
      else if (mark !== undefined) throw new NotRead('a template directive or its marker');
      else literal += quoted ? this.quoted() : (this.text[this.at++] ?? '');
    }
    flush();
    const [only] = parts;
    if (only === undefined) return { kind: 'literal', value: '' };
    return parts.length === 1 ? only : { kind: 'template', parts };
  }

  private quoted(): string {
    if (this.text[this.at] === '\\') return this.escape();
    const letter = String.fromCodePoint(this.text.codePointAt(this.at) ?? 0);
    if (ODD.test(letter)) throw new NotRead('an unsupported character');
    this.at += letter.length;
    return letter;
  }

  private escape(): string {
    const [, short, long] = this.match(/\\(?:([nrt"\\])|u([0-9A-Fa-f]{4}))/y) ?? [];
    if (short !== undefined) return ESCAPES[short] ?? '';
    if (long === undefined) throw new NotRead('an unsupported escape');
    return String.fromCharCode(parseInt(long, 16));
  }

  private expression(): Expression {
    this.depth += 1;
    if (this.depth > DEEPEST) throw new NotRead('an expression that is nested too deeply');
    const condition = this.operation(0);
    const found = this.sign('?') ? this.branches(condition) : condition;
    this.depth -= 1;
    return found;
  }

  private branches(condition: Expression): Expression {
    const yes = this.expression();
    this.need(':');
    return { kind: 'conditional', parts: [condition, yes, this.expression()] };
  }

  private operation(level: number): Expression {
    const operators = OPERATORS[level];
    if (operators === undefined) return this.unary();
    let left = this.operation(level + 1);
    for (;;) {
      // Most of the input is function arguments, and after each of them six levels of operators would be tried.
      if (!this.isBefore(SIGNS)) return left;
      const operator = operators.find((each) => this.sign(each));
      if (operator === undefined) return left;
      left = { kind: 'operation', operator, operands: [left, this.operation(level + 1)] };
    }
  }

  private unary(): Expression {
    const operator = ['!', '-'].find((each) => this.sign(each));
    if (operator === undefined) return this.steps(this.primary());
    this.depth += 1;
    if (this.depth > DEEPEST) throw new NotRead('an expression that is nested too deeply');
    const operand = this.unary();
    this.depth -= 1;
    return { kind: 'operation', operator, operands: [operand] };
  }

  private primary(): Expression {
    this.space();
    if (this.take('"')) {
      const quoted = this.parts(() => this.text[this.at] === '"', true);
      this.at += 1;
      return quoted;
    }
    if (this.sign('(')) {
      const inner = this.expression();
      this.need(')');
      return inner;
    }
    if (this.sign('[')) return { kind: 'list', items: this.items(']', () => this.expression()) };
    if (this.sign('{')) return { kind: 'object', entries: this.items('}', () => this.entry()) };
    const [number] = this.match(NUMBER) ?? [];
    if (number !== undefined) return { kind: 'literal', value: numberOf(number) };
    const name = this.name();
    if (this.sign('(')) return { kind: 'call', name, args: this.items(')', () => this.expression()) };
    return Object.hasOwn(WORDS, name)
      ? { kind: 'literal', value: WORDS[name] ?? null }
      : { kind: 'reference', root: name, steps: [] };
  }

  private steps(from: Expression): Expression {
    let value = from;
    for (;;) {
      if (this.sign('.')) value = follow(value, this.attribute());
      else if (this.sign('[')) {
        value = follow(value, { key: this.expression() });
        this.need(']');
      } else return value;
    }
  }

  /** `.0` is an older form of `[0]`. */
  private attribute(): Step<Expression> {
    this.space();
    const [index] = this.match(/\d+/y) ?? [];
    return index === undefined ? { attribute: this.name() } : { key: { kind: 'literal', value: Number(index) } };
  }

  private entry(): readonly [Expression, Expression] {
    const key = this.key();
    if (!this.sign('=') && !this.sign(':')) throw new NotRead('a key without a value');
    return [key, this.expression()];
  }

  private key(): Expression {
    this.space();
    if (/["(]/.test(this.text[this.at] ?? '')) return this.primary();
    return { kind: 'literal', value: this.name() };
  }

  private items<T>(end: string, item: () => T): T[] {
    const items: T[] = [];
    while (!this.sign(end)) {
      items.push(item());
      if (this.sign(end)) break;
      this.need(',');
    }
    return items;
  }

  private name(): string {
    const [name] = this.match(/[A-Za-z_][A-Za-z0-9_-]*/y) ?? [];
    if (name === undefined) throw new NotRead(UNKNOWN_SIGN);
    return name;
  }

  private need(sign: string): void {
    if (!this.sign(sign)) throw new NotRead(UNKNOWN_SIGN);
  }

  /** Skips what may be between two tokens. */
  private sign(sign: string): boolean {
    this.space();
    return this.take(sign);
  }

  private space(): void {
    while (this.isAt(SPACES)) this.at += 1;
  }

  private isBefore(signs: ReadonlySet<string | undefined>): boolean {
    this.space();
    return this.isAt(signs);
  }

  private isAt(signs: ReadonlySet<string | undefined>): boolean {
    return signs.has(this.text[this.at]);
  }

  private take(sign: string): boolean {
    const found = this.text.startsWith(sign, this.at);
    if (found) this.at += sign.length;
    return found;
  }

  private match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text);
    if (found !== null) this.at = pattern.lastIndex;
    return found;
  }
}

function follow(of: Expression, step: Step<Expression>): Expression {
  return of.kind === 'reference' ? { ...of, steps: [...of.steps, step] } : { kind: 'member', of, step };
}

function numberOf(text: string): number {
  if (text.replace('.', '').length > MOST_DIGITS) throw new NotRead('a number that is too long');
  return Number(text);
}
