import { sha256 } from '../../model/fingerprint';
import { byText, remember } from '../../model/maps';
import { isObject, Unresolved, type Value } from '../values';

/**
 * Thrown for a value that isn't computed here: anything doubtful is left to the engine. It is one for all, because
 * large programs throw thousands, and each new error looks through the stack.
 */
export const NOT_CONSTANT = new Error('not computed here');

type Function = (...args: readonly Value[]) => Value;

/** The engine counts and folds letters of every script; only for ASCII is the result certain to be the same. */
const ASCII = /^[\t\n\r -~]*$/;
/** More elements than any real configuration has. */
const MOST = 1024;

const text = (value: Value | undefined): string => {
  if (typeof value === 'string' && ASCII.test(value)) return value;
  throw NOT_CONSTANT;
};
/** The engine counts exactly and distinguishes zero from minus zero. */
export const isWhole = (value: Value | undefined): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && !Object.is(value, -0);
const whole = (value: Value | undefined): number => {
  if (isWhole(value)) return value;
  throw NOT_CONSTANT;
};
/** The engine normalizes letters that can be written in several ways, and sorts by bytes. */
export const isPlainText = (value: string): boolean => ASCII.test(value);
const list = (value: Value | undefined): readonly Value[] => {
  if (Array.isArray(value) && value.length <= MOST) return value as readonly Value[];
  throw NOT_CONSTANT;
};
/** What may be a set has no element at an index. */
const ordered = (value: Value | undefined): readonly Value[] => {
  if (isInOrder(list(value))) throw NOT_CONSTANT;
  return list(value);
};
const texts = (value: Value | undefined): string[] => list(value).map(text);
const object = (value: Value | undefined): Readonly<Record<string, Value>> => {
  if (isObject(value) && Object.keys(value).every(isPlainText)) return value;
  throw NOT_CONSTANT;
};
const defined = <T>(value: T | undefined): T => {
  if (value === undefined) throw NOT_CONSTANT;
  return value;
};
/** `distinct` and sets compare by content; equal values have equal texts. */
const distinct = (values: readonly Value[]): Value[] => [
  ...new Map(values.map((value) => [JSON.stringify(sorted(value)), value])).values(),
];
const trim = (of: string, cut: string, { start = true, end = true }): string => {
  let [from, to] = [0, of.length];
  while (start && from < to && cut.includes(of.charAt(from))) from += 1;
  while (end && to > from && cut.includes(of.charAt(to - 1))) to -= 1;
  return of.slice(from, to);
};

/** Results of the engine's functions for constants. None of them reads anything but its arguments. */
const OF_CONSTANTS: Readonly<Record<string, Function>> = {
  base64encode: (of) => Buffer.from(text(of)).toString('base64'),
  base64sha256: (of) => sha256(text(of), 'base64'),
  compact: (of) => texts(of).filter((each) => each !== ''),
  distinct: (of) => distinct(texts(of)),
  join: (separator, ...lists) => lists.flatMap(texts).join(text(separator)),
  jsonencode: (of) => encoded(defined(of)),
  length: (of) => (typeof of === 'string' ? text(of) : Array.isArray(of) ? list(of) : Object.keys(object(of))).length,
  lower: (of) => text(of).toLowerCase(),
  max: (...of) => Math.max(...of.map(whole)),
  min: (...of) => Math.min(...of.map(whole)),
  range: (...of) => range(of.map(whole)),
  replace: (of, what, by) => {
    const [whole, cut, put] = [text(of), text(what), text(by)];
    // Text between slashes is a pattern.
    if (/^\/[^]*\/$/.test(cut) || cut === '') throw NOT_CONSTANT;
    return whole.replaceAll(cut, () => put);
  },
  sha256: (of) => sha256(text(of), 'hex'),
  sort: (of) => texts(of).sort(byText),
  split: (separator, of) => text(of).split(text(separator)),
  trim: (of, cut) => trim(text(of), text(cut), {}),
  trimprefix: (of, cut) => (text(of).startsWith(text(cut)) ? text(of).slice(text(cut).length) : text(of)),
  trimspace: (of) => trim(text(of), ' \t\r\n', {}),
  trimsuffix: (of, cut) =>
    text(of).endsWith(text(cut)) ? text(of).slice(0, text(of).length - text(cut).length) : text(of),
  upper: (of) => text(of).toUpperCase(),
};

/** Functions that only move values, which need not be known. */
const OF_ANYTHING: Readonly<Record<string, Function>> = {
  concat: (...lists) => lists.flatMap(list),
  element: (of, index) => defined(ordered(of)[whole(index) % list(of).length]),
  keys: (of) => Object.keys(object(of)).sort(byText),
  lookup: (of, key, otherwise) => defined(Object.hasOwn(object(of), text(key)) ? object(of)[text(key)] : otherwise),
  merge: (...objects) => Object.fromEntries(objects.flatMap((each) => Object.entries(object(each)))),
  reverse: (of) => [...list(of)].reverse(),
  tolist: (of) => alike(list(of)),
  tomap: (of) => (alike(Object.values(object(of))), object(of)),
  toset: (of) => setOf(alike(list(of))),
  values: (of) => entriesOf(of).map(([, value]) => value),
};

const KNOWN = new Map([
  ...Object.entries(OF_CONSTANTS).map(([name, call]): [string, Function] => [
    name,
    (...args) => {
      if (!args.every(isConstant)) throw NOT_CONSTANT;
      return call(...args);
    },
  ]),
  ...Object.entries(OF_ANYTHING),
]);

/** @throws if the function isn't one of those, or an argument isn't supported */
export function call(name: string, args: readonly Value[]): Value {
  const value = defined(KNOWN.get(name))(...args);
  if (typeof value === 'number' && !isWhole(value)) throw NOT_CONSTANT;
  return value;
}

/** Whether nothing in the value is left to the engine. */
export function isConstant(value: Value): boolean {
  if (value instanceof Unresolved) return false;
  return typeof value !== 'object' || value === null || Object.values(value as object).every(isConstant);
}

/** Sorts the names of objects, so that equal values print equally. */
export function sorted(value: Value): Value {
  if (Array.isArray(value)) return value.map((each: Value) => sorted(each));
  if (!isObject(value)) return value;
  return Object.fromEntries(entriesOf(value).map(([key, inner]) => [key, sorted(inner)]));
}

function entriesOf(value: Value | undefined): [string, Value][] {
  return Object.entries(object(value)).sort(([a], [b]) => byText(a, b));
}

/** Elements of a collection have the same type; otherwise the engine converts them in its own ways. */
function alike(values: readonly Value[]): readonly Value[] {
  const types = new Map<string, string>();
  if (values.includes(null) || !values.every((value) => isAlike(value, '', types))) throw NOT_CONSTANT;
  return values;
}

/** Whether the values at the same place in each element have the same type. */
function isAlike(value: Value, place: string, types: Map<string, string>): boolean {
  if (value instanceof Unresolved || value === null) return true;
  const type = Array.isArray(value) ? 'list' : typeof value;
  if (remember(types, place, () => type) !== type) return false;
  if (Array.isArray(value)) return value.every((each: Value) => isAlike(each, `${place}[]`, types));
  return (
    !isObject(value) ||
    Object.entries(value).every(([name, each]) => isAlike(each, JSON.stringify([place, name]), types))
  );
}

/** Whether it is a list of texts in a set's order, which is the same as a list and as a set. */
export function isInOrder(value: Value): boolean {
  if (!Array.isArray(value) || !value.every((each) => typeof each === 'string')) return false;
  const set = [...new Set(value)].sort();
  return set.length === value.length && set.every((each, index) => each === value[index]);
}

function setOf(values: readonly Value[]): Value {
  if (!values.every((value) => typeof value === 'string' || value instanceof Unresolved)) throw NOT_CONSTANT;
  const known = values.filter((value) => typeof value === 'string');
  if (!known.every(isPlainText)) throw NOT_CONSTANT;
  return [...[...new Set(known)].sort(byText), ...distinct(values.filter((value) => value instanceof Unresolved))];
}

function range(bounds: readonly number[]): number[] {
  const [from = 0, to = 0] = bounds.length === 1 ? [0, bounds[0]] : bounds;
  if (bounds.length === 0 || bounds.length > 2 || from > to || to - from > MOST) throw NOT_CONSTANT;
  return Array.from({ length: to - from }, (_, index) => from + index);
}

/** JSON as the engine writes it: names in order, and characters that matter to HTML or scripts escaped. */
function encoded(value: Value): string {
  if (!isPlain(value)) throw NOT_CONSTANT;
  const json = text(JSON.stringify(sorted(value)));
  if (/\\[bf]/.test(json)) throw NOT_CONSTANT;
  return json.replace(/[<>&]/g, (sign) => `\\u00${sign.charCodeAt(0).toString(16)}`);
}

/** Excludes fractions, which can be written in several ways, and numeric names, which objects sort first. */
function isPlain(value: Value): boolean {
  if (typeof value === 'number') return isWhole(value);
  if (Array.isArray(value)) return value.every(isPlain);
  return !isObject(value) || Object.entries(value).every(([name, inner]) => !/^\d+$/.test(name) && isPlain(inner));
}
