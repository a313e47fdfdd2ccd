import type { Value } from './readers/values';

/** What the review makes of one attribute of a resource. */
export type Meaning =
  /** The model has a place for it, so a change of reach shows as one. */
  | { readonly kind: 'modelled'; readonly where: string }
  /** Whatever it says, nobody reaches more, and nothing else runs. */
  | { readonly kind: 'harmless'; readonly because: string }
  /** It may matter, and the review does not know how: each change is a row, but from nothing to what the platform sets. */
  | { readonly kind: 'unknown'; readonly set?: Value };

/** By name; of what stands within an attribute, by the names on the way: `processes.memory`. */
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
