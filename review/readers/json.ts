/** Accessors for untrusted JSON: a value of an unexpected kind counts as empty. */

export type Json = Readonly<Record<string, unknown>>;

export function block(value: unknown): Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {};
}

export function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

export function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** A value by a name that somebody chose: `constructor` isn't one that every object has. */
export function own(object: Json, name: string): unknown {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}
