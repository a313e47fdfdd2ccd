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

export function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** An object's own member, never an inherited one. */
export function member(value: unknown, name: string): unknown {
  return isJson(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}

/** The engine treats a list of objects like several objects in a row. */
export function eachObject(value: unknown): readonly Json[] {
  return (Array.isArray(value) ? value : [value]).filter(isJson);
}

/** In the body of a block, `//` is a comment. */
export function uncommented(body: unknown): unknown {
  return isJson(body) ? Object.fromEntries(Object.entries(body).filter(([name]) => name !== '//')) : body;
}

export function mapObject(value: unknown, map: (inner: unknown, name: string) => unknown): unknown {
  return isJson(value)
    ? Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, map(inner, name)]))
    : value;
}
