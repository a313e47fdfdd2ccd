import { lazily, remember } from '../../model/maps';
import { Unresolved, type Resource, type Value } from '../values';

type Conversion = (value: Value) => Value;

const TRUTHS: ReadonlyMap<Value, boolean> = new Map([
  ...['true', '1'].map((text) => [text, true] as const),
  ...['false', '0'].map((text) => [text, false] as const),
]);
const truth: Conversion = (value) => TRUTHS.get(value) ?? value;
const number: Conversion = (value) => (typeof value === 'string' && /^-?[0-9]+$/.test(value) ? Number(value) : value);
const text: Conversion = (value) => (typeof value === 'number' || typeof value === 'boolean' ? `${value}` : value);

/** Boolean attributes of the provider that the review uses. */
const FLAGS = [
  ...['allow_ssh', 'enable_ssh', 'globally_enabled_running', 'globally_enabled_staging'],
  ...['internal', 'random_route'],
];

/** Attributes that aren't texts. */
const CONVERSIONS: ReadonlyMap<string, Conversion> = new Map([
  ...FLAGS.map((name) => [name, truth] as const),
  ...['destinations.port', 'rules.code', 'rules.type'].map((name) => [name, number] as const),
]);

/** Whether a value is valid for an attribute, if that is boolean. */
export function isFlag(name: string, value: Value): boolean {
  const isTold = value === null || value instanceof Unresolved || typeof truth(value) === 'boolean';
  return isTold || !FLAGS.includes(name);
}

/** The attributes of a resource as the engine passes them to the provider. */
export function scalarsOf(values: Resource['values']): Resource['values'] {
  return remember(CONVERTED, values, () => lazily(Object.keys(values), (name) => scalars(values[name] ?? null, name)));
}

/** Most resources of a plan are the same before and after it. */
const CONVERTED = new WeakMap<Resource['values'], Resource['values']>();

/**
 * A value as the engine passes it to the provider: it converts `"true"` to true, and 8080 to a text where one is
 * expected.
 */
export function scalars(value: Value, path = ''): Value {
  if (Array.isArray(value)) return value.map((each: Value) => scalars(each, path));
  if (typeof value !== 'object' || value === null || value instanceof Unresolved) {
    return (CONVERSIONS.get(path) ?? text)(value);
  }
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [name, scalars(inner, path === '' ? name : `${path}.${name}`)]),
  );
}
