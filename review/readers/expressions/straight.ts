import type { Unresolved } from '../values';

/** Functions that keep every id they are given, in whatever order. */
const KEEPING = /\b(?:concat|flatten|merge|tolist|toset)\(/g;

/** The head of a loop, before what it goes through. */
const LOOP = /\bfor\s+[\w-]+(?:\s*,\s*[\w-]+)?\s+in\b/g;

/**
 * What may pick one of several: a condition, another function, a key that isn't a constant, and a comment or text that
 * could hide one of these.
 */
const PICKING: readonly RegExp[] = [
  /\?|\bif\b|\/\*|\/\/|#|[$%]\{|<</,
  /[\p{ID_Continue}-]\s*\(|\(.*\)\s*=[^=]|\)\s*:/su,
  /[\p{ID_Continue}"\])}]\s*\[(?!\s*(?:"[^"\\]*"|\d+|\*)\s*\])/u,
];

/**
 * Whether an expression gives all the ids that it refers to and picks none of them, as
 * `[for app in cloudfoundry_app.web : app.id]`. When in doubt, it doesn't.
 */
export function isStraight(written: unknown): boolean {
  if (Array.isArray(written)) return written.every(isStraight);
  if (typeof written === 'object' && written !== null)
    return Object.entries(written).every(([name, each]) => !/[$%]\{/.test(name) && isStraight(each));
  if (typeof written !== 'string' || !/[$%]\{/.test(written)) return true;
  if (!written.startsWith('${') || !written.endsWith('}')) return false;
  const inner = written.slice(2, -1).replace(KEEPING, '').replace(LOOP, ':');
  return PICKING.every((pattern) => !pattern.test(inner));
}

const FOUND = new WeakMap<Unresolved, () => boolean>();

/** Notes down how to find out whether a value is straight, which few are asked. */
export function straightIf(value: Unresolved, found: () => boolean): Unresolved {
  FOUND.set(value, found);
  return value;
}

export function isStraightValue(value: Unresolved): boolean {
  return FOUND.get(value)?.() ?? false;
}
