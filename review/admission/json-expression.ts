import { literalOf, printTemplate, type Expression } from './expression';
import { isObject } from './json';
import { readTemplate } from './narrow';
import { Refusal } from './refusal';

/**
 * Reads a JSON value where the engine expects an expression. Every text there is a template, including keys, and `//`
 * is an ordinary key.
 *
 * @throws {Refusal} if it isn't in the admitted part of the language
 */
export function readExpression(value: unknown): Expression {
  if (typeof value === 'string') return readTemplate(value);
  if (Array.isArray(value)) return { kind: 'list', items: value.map(readExpression) };
  if (isObject(value)) return { kind: 'object', entries: Object.entries(value).map(readEntry) };
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
