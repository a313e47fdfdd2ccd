import { isPlainText, isWhole } from '../expressions/functions';
import type { Json } from '../json';
import { Unresolved, type Value } from '../values';

type Conversion = (value: Value) => Value | undefined;

const collection =
  (of: (values: readonly Value[]) => Value | undefined): Conversion =>
  (value) =>
    Array.isArray(value) && value.every((each) => typeof each === 'string') ? of(value) : undefined;

/** Conversions of common types; with other types, a value may lose or gain parts. */
const CONVERSIONS: Readonly<Record<string, Conversion>> = {
  any: (value) => value,
  string: (value) =>
    typeof value === 'string' || typeof value === 'boolean' || isWhole(value) ? `${value}` : undefined,
  number: (value) => (typeof value === 'number' ? value : undefined),
  bool: (value) => (typeof value === 'boolean' ? value : undefined),
  'list(string)': collection((values) => values),
  'set(string)': collection((values) =>
    values.every((value) => isPlainText(value as string)) ? [...new Set(values)].sort() : undefined,
  ),
};

/** The default; values from outside aren't in the program. Undefined if it isn't known, or isn't certain to be used. */
export function variableValue({ default: value, sensitive, type = 'any' }: Json): Value | undefined {
  if (value === undefined || (sensitive !== undefined && sensitive !== false)) return undefined;
  const written = (value ?? null) as Value;
  if (written === null) return null;
  // The only place in JSON syntax where a string isn't a template.
  if (!isLiteral(written) || typeof type !== 'string' || !Object.hasOwn(CONVERSIONS, type)) return undefined;
  return CONVERSIONS[type]?.(written);
}

function isLiteral(value: Value): boolean {
  if (typeof value === 'string') return !/[$%]\{/.test(value);
  return typeof value !== 'object' || value === null || Object.entries(value).flat().every(isLiteral);
}

export function unsetVariable(token: () => string, { sensitive }: Json): Unresolved {
  const marked = sensitive !== undefined && sensitive !== false;
  return new Unresolved(token, marked ? 'it is marked sensitive' : 'it is a variable that gets its value outside');
}
