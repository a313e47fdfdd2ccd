/** An expression of the engine's language, as far as it is worked out here. */
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

/**
 * Reads a text of the configuration's JSON, which is a template. Undefined for what is not read here: directives, splats,
 * `for`, here-documents, comments, and whatever the engine refuses.
 */
export function parseTemplate(text: string): Expression | undefined {
  try {
    return new Parser(text).template();
  } catch (error) {
    if (error instanceof NotRead) return undefined;
    throw error;
  }
}

class NotRead extends Error {}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', '"': '"', '\\': '\\' };
const WORDS: Readonly<Record<string, boolean | null>> = { true: true, false: false, null: null };
/** From the one that binds the least. */
const OPERATORS: readonly (readonly string[])[] = [
  ['||'],
  ['&&'],
  ['==', '!='],
  ['<=', '>=', '<', '>'],
  ['+', '-'],
  ['*', '/', '%'],
];
/** Far above what anybody writes, and far below what the stack takes. */
const DEEPEST = 100;

class Parser {
  private at = 0;
  private depth = 0;

  constructor(private readonly text: string) {}

  template(): Expression {
    return this.parts(() => this.at >= this.text.length, false);
  }

  /** What stands outside of quotes or within, until it ends. An interpolation that is all of it keeps its type. */
  private parts(ends: () => boolean, quoted: boolean): Expression {
    const parts: Expression[] = [];
    let literal = '';
    const flush = (): void => {
      if (literal !== '') parts.push({ kind: 'literal', value: literal });
      literal = '';
    };
    while (!ends()) {
      const [, mark = ''] = this.match(/([$%])\1\{/y) ?? [];
      if (mark !== '') literal += `${mark}{`;
      else if (this.take('${')) {
        flush();
        parts.push(this.expression());
        this.need('}');
      } else if (this.at >= this.text.length || this.match(/%\{|([$%])\1{2,}\{/y) !== null) throw new NotRead();
      else if (quoted && this.text[this.at] === '\\') literal += this.escape();
      else if (quoted && this.text[this.at] === '\n') throw new NotRead();
      else literal += this.text[this.at++] ?? '';
    }
    flush();
    const [only] = parts;
    if (only === undefined) return { kind: 'literal', value: '' };
    return parts.length === 1 ? only : { kind: 'template', parts };
  }

  private escape(): string {
    const [, short, long] = this.match(/\\(?:([nrt"\\])|u([0-9A-Fa-f]{4}))/y) ?? [];
    if (short !== undefined) return ESCAPES[short] ?? '';
    if (long === undefined) throw new NotRead();
    return String.fromCharCode(parseInt(long, 16));
  }

  private expression(): Expression {
    this.depth += 1;
    if (this.depth > DEEPEST) throw new NotRead();
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
      const operator = operators.find((each) => this.sign(each));
      if (operator === undefined) return left;
      left = { kind: 'operation', operator, operands: [left, this.operation(level + 1)] };
    }
  }

  private unary(): Expression {
    const operator = ['!', '-'].find((each) => this.sign(each));
    if (operator === undefined) return this.steps(this.primary());
    this.depth += 1;
    if (this.depth > DEEPEST) throw new NotRead();
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
    const [number] = this.match(/\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y) ?? [];
    if (number !== undefined) return { kind: 'literal', value: Number(number) };
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

  /** `.0` is an older way to write `[0]`. */
  private attribute(): Step<Expression> {
    this.space();
    const [index] = this.match(/\d+/y) ?? [];
    return index === undefined ? { attribute: this.name() } : { key: { kind: 'literal', value: Number(index) } };
  }

  private entry(): readonly [Expression, Expression] {
    const key = this.key();
    if (!this.sign('=') && !this.sign(':')) throw new NotRead();
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
    if (name === undefined || name === 'for') throw new NotRead();
    return name;
  }

  private need(sign: string): void {
    if (!this.sign(sign)) throw new NotRead();
  }

  /** After what may stand between two signs. */
  private sign(sign: string): boolean {
    this.space();
    return this.take(sign);
  }

  private space(): void {
    this.match(/[ \t\r\n]*/y);
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
