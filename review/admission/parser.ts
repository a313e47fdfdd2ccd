import type { Expression, Reference, TemplatePart } from './expression';
import { named, Refusal } from './refusal';

/**
 * Reads a text of JSON syntax as the engine does: as a template without quotes, in which a backslash is only a backslash.
 *
 * @throws {Refusal} when it is not in the admitted part of the language
 * @see https://github.com/hashicorp/hcl/blob/v2.24.0/hclsyntax/spec.md
 * @see https://github.com/hashicorp/hcl/blob/v2.24.0/json/spec.md
 */
export function parseTemplate(text: string): readonly TemplatePart[] {
  return new Parser(text).bare();
}

/** A literal, an expression, or a text of both. */
export function asExpression(parts: readonly TemplatePart[]): Expression {
  const [only] = parts;
  return parts.length === 1 && only !== undefined && typeof only !== 'string' ? only : { kind: 'template', parts };
}

/** A program nests some ten; each level takes a part of the stack. */
const DEEPEST = 60;
const NAME = /[A-Za-z_][\w-]*/y;
const NUMBER = /-?(?:0|[1-9]\d{0,14})(?:\.\d{1,15})?(?![\w.])/y;
const BLANKS = /[ \t\r\n]*/y;
const CONSTANTS = new Map<string, boolean | null>([
  ['true', true],
  ['false', false],
  ['null', null],
]);
const ESCAPED = new Map([
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
  ['"', '"'],
  ['\\', '\\'],
]);
/** Whatever the engine might take for the end of a word, a mark of order or a part of another letter. */
const ODD = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;

class Parser {
  private at = 0;
  private depth = 0;

  constructor(private readonly text: string) {}

  bare(): readonly TemplatePart[] {
    return this.template(undefined);
  }

  /** Up to the end of the text, or to the quote that closes it. */
  private template(end: '"' | undefined): readonly TemplatePart[] {
    const parts: TemplatePart[] = [];
    let literal = '';
    while (this.text[this.at] !== end) {
      const character = this.text[this.at];
      if (character === undefined) throw new Refusal('a text without an end');
      const mark = this.match(/[$%]+\{/y);
      if (mark === '${') {
        if (literal !== '') parts.push(literal);
        literal = '';
        parts.push(this.interpolation());
      } else if (mark === '$${' || mark === '%%{') {
        literal += mark.slice(1);
      } else if (mark !== undefined) {
        // Which of the marks belong together is told differently by those who read them.
        throw new Refusal('a directive of a template, or a mark of one');
      } else if (end === undefined) {
        literal += character;
        this.at += 1;
      } else {
        literal += this.quotedCharacter(character);
      }
    }
    if (end !== undefined) this.at += 1;
    return literal === '' && parts.length > 0 ? parts : [...parts, literal];
  }

  private quotedCharacter(character: string): string {
    this.at += 1;
    if (character === '\\') {
      const meant = ESCAPED.get(this.text[this.at] ?? '');
      if (meant === undefined) throw new Refusal('an escape that is not read here');
      this.at += 1;
      return meant;
    }
    if (ODD.test(character) && !/[\uD800-\uDFFF]/.test(character)) throw new Refusal('a letter that is not read here');
    return character;
  }

  private interpolation(): Expression {
    const expression = this.expression();
    this.expect('}');
    return expression;
  }

  private expression(): Expression {
    this.depth += 1;
    if (this.depth > DEEPEST) throw new Refusal('an expression that nests too deep');
    const expression = this.one();
    this.depth -= 1;
    this.match(BLANKS);
    return expression;
  }

  private one(): Expression {
    this.match(BLANKS);
    if (this.skip('"')) return { kind: 'template', parts: this.template('"') };
    if (this.skip('[')) return { kind: 'list', items: this.series(']', () => this.expression()) };
    if (this.skip('{')) return { kind: 'object', entries: this.series('}', () => this.entry()) };
    const number = this.match(NUMBER);
    if (number !== undefined) return { kind: 'literal', value: Number(number) };
    const name = this.match(NAME);
    if (name === undefined) throw new Refusal('an operator, or another sign that is not read here');
    const constant = CONSTANTS.get(name);
    if (constant !== undefined) return { kind: 'literal', value: constant };
    if (this.skip('(')) return { kind: 'call', name, args: this.series(')', () => this.expression()) };
    return this.reference(name);
  }

  private reference(root: string): Reference {
    const steps = [root];
    for (;;) {
      if (this.skip('.')) {
        const name = this.match(NAME);
        if (name === undefined) throw new Refusal('a splat, or an index');
        steps.push(name);
      } else if (this.skip('[')) {
        const key = this.expression();
        const [only = '', ...more] = key.kind === 'template' ? key.parts : [];
        if (key.kind !== 'template' || typeof only !== 'string' || more.length > 0)
          throw new Refusal('an index that is not a text');
        this.expect(']');
        steps.push(only);
      } else {
        if (steps.length === 1) throw new Refusal(`${named(root)} by itself`);
        return { kind: 'reference', steps };
      }
    }
  }

  private entry(): readonly [string, Expression] {
    this.match(BLANKS);
    const key = this.skip('"') ? literalOf(this.template('"')) : this.match(NAME);
    if (key === undefined) throw new Refusal('a key that is not a text');
    this.match(BLANKS);
    if (!this.skip('=') && !this.skip(':')) throw new Refusal('a key without a value');
    return [key, this.expression()];
  }

  private series<T>(end: string, read: () => T): T[] {
    const all: T[] = [];
    for (;;) {
      this.match(BLANKS);
      if (this.skip(end)) return all;
      all.push(read());
      this.match(BLANKS);
      if (this.skip(',')) continue;
      this.expect(end);
      return all;
    }
  }

  private expect(sign: string): void {
    if (!this.skip(sign))
      throw new Refusal('an operator, an index, a comment, a loop, or another sign that is not read here');
  }

  private skip(sign: string): boolean {
    if (this.text[this.at] !== sign) return false;
    this.at += 1;
    return true;
  }

  private match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at;
    const [found] = pattern.exec(this.text) ?? [];
    if (found !== undefined) this.at = pattern.lastIndex;
    return found;
  }
}

/** The text of a template in which nothing is computed. */
export function literalOf(parts: readonly TemplatePart[]): string | undefined {
  const [only] = parts;
  return parts.length === 1 && typeof only === 'string' ? only : undefined;
}
