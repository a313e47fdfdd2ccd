import { NotRead, parseTemplate, type Expression as Read } from '../readers/expressions/parser';
import { isJson } from '../readers/json';

/** Why something isn't planned with credentials. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
}

/** A name in a form that is safe to print: the author of the change chose it. */
export function named(text: string): string {
  return /^[\w.-]{1,80}$/.test(text) ? text : 'a name that is not plain';
}

/**
 * The admitted part of the engine's language. Anything that this type can't represent isn't planned with credentials.
 */
export type Expression =
  | { readonly kind: 'literal'; readonly value: number | boolean | null }
  | { readonly kind: 'template'; readonly parts: readonly TemplatePart[] }
  | { readonly kind: 'list'; readonly items: readonly Expression[] }
  | { readonly kind: 'object'; readonly entries: readonly (readonly [string, Expression])[] }
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly Expression[] }
  | Reference;

export interface Reference {
  readonly kind: 'reference';
  /** `cloudfoundry_app.web.id`, or `terraform_data.x.output["hash"]`, step by step. */
  readonly steps: readonly string[];
}

/** Text without escapes, or what is between `${` and `}`. */
type TemplatePart = string | Expression;

/** The direct parts of an expression. */
export function partsOf(expression: Expression): readonly Expression[] {
  switch (expression.kind) {
    case 'template':
      return expression.parts.filter((part) => typeof part !== 'string');
    case 'list':
      return expression.items;
    case 'object':
      return expression.entries.map(([, value]) => value);
    case 'call':
      return expression.args;
    default:
      return [];
  }
}

/** The text of a template in which nothing is computed. */
export function literalOf(expression: Expression): string | undefined {
  const [only, ...more] = expression.kind === 'template' ? expression.parts : [];
  return typeof only === 'string' && more.length === 0 ? only : undefined;
}

export const PLAIN = /^[A-Za-z_][\w-]*$/;

/** Prints a template for JSON syntax, where it has no quotes. */
function printTemplate(parts: readonly TemplatePart[]): string {
  return parts.map((part) => (typeof part === 'string' ? escapeMarks(part) : `\${${print(part)}}`)).join('');
}

function print(expression: Expression): string {
  switch (expression.kind) {
    case 'literal':
      return String(expression.value);
    case 'template':
      return `"${expression.parts.map((part) => (typeof part === 'string' ? quoted(part) : `\${${print(part)}}`)).join('')}"`;
    case 'list':
      return `[${expression.items.map(print).join(', ')}]`;
    case 'object':
      return `{${expression.entries.map(([key, value]) => `"${quoted(key)}" = ${print(value)}`).join(', ')}}`;
    case 'call':
      return `${expression.name}(${expression.args.map(print).join(', ')})`;
    case 'reference':
      return expression.steps.map((step, index) => printStep(step, index)).join('');
  }
}

function printStep(step: string, index: number): string {
  if (!PLAIN.test(step)) return `["${quoted(step)}"]`;
  return index === 0 ? step : `.${step}`;
}

function escapeMarks(text: string): string {
  return text.replace(/[$%](?=\{)/g, '$&$&');
}

const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '"': '\\"', '\n': '\\n', '\r': '\\r', '\t': '\\t' };

function quoted(text: string): string {
  return escapeMarks(text).replace(/[\\"\n\r\t]/g, (character) => ESCAPES[character] ?? character);
}

/**
 * Reads a JSON value where the engine expects an expression. Every text there is a template, including keys, and `//`
 * is an ordinary key.
 *
 * @throws {Refusal} if it isn't in the admitted part of the language
 */
export function readExpression(value: unknown): Expression {
  if (typeof value === 'string') return readTemplate(value);
  if (Array.isArray(value)) return { kind: 'list', items: value.map(readExpression) };
  if (isJson(value)) return { kind: 'object', entries: Object.entries(value).map(readEntry) };
  if (typeof value === 'number' && (!Number.isFinite(value) || Math.abs(value) > Number.MAX_SAFE_INTEGER))
    throw new Refusal('a number that is too long');
  return { kind: 'literal', value: value as number | boolean | null };
}

function readEntry([name, value]: [string, unknown]): readonly [string, Expression] {
  const key = literalOf(readTemplate(name));
  if (key === undefined) throw new Refusal('an expression in a name');
  return [key, readExpression(value)];
}

/** Writes an expression anew from its parsed form. */
export function writeExpression(expression: Expression): unknown {
  switch (expression.kind) {
    case 'literal':
      return expression.value;
    case 'template':
      return printTemplate(expression.parts);
    case 'list':
      return expression.items.map(writeExpression);
    case 'object':
      return Object.fromEntries(
        expression.entries.map(([key, value]) => [printTemplate([key]), writeExpression(value)]),
      );
    default:
      return printTemplate([expression]);
  }
}

/**
 * Parses a JSON-syntax template with the review's own parser and keeps only what is admitted.
 *
 * @throws {Refusal} if it isn't in the admitted part of the language
 */
function readTemplate(text: string): Expression {
  const read = parsed(text);
  // A JSON text may contain any character; text within quotes is written anew.
  if (read.kind === 'literal' && typeof read.value === 'string') return { kind: 'template', parts: [read.value] };
  return read.kind === 'template' ? template(read.parts, String) : narrow(read);
}

function parsed(text: string): Read {
  try {
    return parseTemplate(text);
  } catch (error) {
    throw error instanceof NotRead ? new Refusal(error.message) : error;
  }
}

function narrow(read: Read): Expression {
  switch (read.kind) {
    case 'literal':
      return typeof read.value === 'string'
        ? { kind: 'template', parts: [quotable(read.value)] }
        : { kind: 'literal', value: read.value };
    case 'template':
      return template(read.parts, quotable);
    case 'list':
      return { kind: 'list', items: read.items.map(narrow) };
    case 'object':
      return { kind: 'object', entries: read.entries.map(([key, value]) => [keyOf(key), narrow(value)]) };
    case 'call':
      return { kind: 'call', name: read.name, args: read.args.map(narrow) };
    case 'reference':
      return reference(read);
    case 'operation':
      return negative(read);
    case 'conditional':
    case 'member':
      throw new Refusal('a condition, or a member of something that is not a name');
  }
}

/** Joins adjacent texts, so that the two can't form a template marker together. */
function template(parts: readonly Read[], text: (letters: string) => string): Expression {
  const all: TemplatePart[] = [];
  for (const part of parts) {
    const last = all.at(-1);
    if (part.kind !== 'literal' || typeof part.value !== 'string') {
      if (typeof last === 'string' && /[$%]$/.test(last))
        throw new Refusal('a template marker directly before another one');
      all.push(narrow(part));
    } else if (typeof last === 'string') all[all.length - 1] = `${last}${text(part.value)}`;
    else all.push(text(part.value));
  }
  return { kind: 'template', parts: all };
}

/** Characters that quotes can't contain and that we have no escape for. */
const UNQUOTABLE = /[^\P{C}\n\r\t]|[\p{Zl}\p{Zp}]/u;

function quotable(letters: string): string {
  if (UNQUOTABLE.test(letters)) throw new Refusal('an unsupported escape');
  return letters;
}

function keyOf(key: Read): string {
  const text = literalOf(narrow(key));
  if (text === undefined) throw new Refusal('a key that is not a string');
  return text;
}

function reference({ root, steps }: Read & { readonly kind: 'reference' }): Reference {
  if (steps.length === 0) throw new Refusal(`${named(root)} by itself`);
  const names = steps.map((step) => {
    const name = 'attribute' in step ? step.attribute : literalOf(narrow(step.key));
    if (name === undefined) throw new Refusal('an index that is not a string');
    return name;
  });
  return { kind: 'reference', steps: [root, ...names] };
}

function negative({ operator, operands: [of, ...more] }: Read & { readonly kind: 'operation' }): Expression {
  if (operator !== '-' || of?.kind !== 'literal' || typeof of.value !== 'number' || more.length > 0)
    throw new Refusal('an operator');
  return { kind: 'literal', value: -of.value };
}
