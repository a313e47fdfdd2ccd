import type { Json } from '../readers/json';

export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** An object's own member, never an inherited one. */
export function member(value: unknown, name: string): unknown {
  return isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}

/** The engine treats a list of objects like several objects in a row. */
export function eachObject(value: unknown): readonly Json[] {
  return (Array.isArray(value) ? value : [value]).filter(isObject);
}

/** In the body of a block, `//` is a comment. */
export function uncommented(body: unknown): unknown {
  return isObject(body) ? Object.fromEntries(Object.entries(body).filter(([name]) => name !== '//')) : body;
}

export function mapObject(value: unknown, map: (inner: unknown, name: string) => unknown): unknown {
  return isObject(value)
    ? Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, map(inner, name)]))
    : value;
}
