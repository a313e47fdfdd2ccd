import type { Value } from './readers/values';

/** What the review makes of one attribute of a resource. */
export type Meaning =
  /** The model covers it, so a change of reach shows up as one. */
  | { readonly kind: 'modelled'; readonly where: string }
  /** Whatever its value, nobody reaches more and nothing else runs. */
  | { readonly kind: 'harmless'; readonly because: string }
  /**
   * It may matter, and the review doesn't know how: every change is a row, except from nothing to the value that the
   * platform sets.
   */
  | { readonly kind: 'unknown'; readonly set?: Value };

/** Attributes by name; nested ones by their path: `processes.memory`. */
export type Attributes = Readonly<Record<string, Meaning>>;

export const UNKNOWN: Meaning = { kind: 'unknown' };

export function modelled(where: string): Meaning {
  return { kind: 'modelled', where };
}

export function harmless(because: string): Meaning {
  return { kind: 'harmless', because };
}

export function unlessSet(set: Value): Meaning {
  return { kind: 'unknown', set };
}

/** The same for several attributes. */
export function all<T>(meaning: T, ...names: readonly string[]): Readonly<Record<string, T>> {
  return Object.fromEntries(names.map((name) => [name, meaning]));
}

/** The same attributes within another one. */
export function within<T>(outer: string, attributes: Readonly<Record<string, T>>): Readonly<Record<string, T>> {
  return Object.fromEntries(Object.entries(attributes).map(([name, meaning]) => [`${outer}.${name}`, meaning]));
}
