import { isDeepStrictEqual } from 'node:util';
import type { Json } from '../readers/json';
import { isObject, member } from './json';

/**
 * Finds blocks that are unchanged, both in themselves and in everything that they refer to: a merged block that refers
 * to a changed one would pass on its values, for example to a program.
 */
export class References {
  private readonly changed: ReadonlySet<string>;

  constructor(change: Json, merged: Json) {
    const blocks = ['resource', 'data'].flatMap((section) => blocksOf(change, section));
    const changed = new Set<string>();
    const users = new Map<string, string[]>();
    for (const { address, body, section, type, id } of blocks) {
      if (!isDeepStrictEqual(body, member(member(member(merged, section), type), id))) changed.add(address);
      for (const name of namesIn(body)) users.set(name, [...(users.get(name) ?? []), address]);
    }
    for (const local of localsOf(change))
      for (const name of local.names) users.set(name, [...(users.get(name) ?? []), local.address]);
    // Iterating over a Set also visits values that are added meanwhile.
    for (const address of changed) for (const user of users.get(address) ?? []) changed.add(user);
    this.changed = changed;
  }

  areMerged(body: unknown, merged: unknown): boolean {
    return isDeepStrictEqual(body, merged) && ![...namesIn(body)].some((name) => this.changed.has(name));
  }
}

function blocksOf(stack: Json, section: string) {
  const prefix = section === 'data' ? 'data.' : '';
  return entries(member(stack, section)).flatMap(([type, instances]) =>
    entries(instances).map(([id, body]) => ({ address: `${prefix}${type}.${id}`, section, type, id, body })),
  );
}

function localsOf(stack: Json) {
  return entries(member(stack, 'locals')).map(([name, value]) => ({ address: `local.${name}`, names: namesIn(value) }));
}

function entries(value: unknown): [string, unknown][] {
  return isObject(value) ? Object.entries(value) : [];
}

const NAME = /(?<![\w.-])(?:data\s*\.\s*)?[A-Za-z_][\w-]*\s*\.\s*[A-Za-z_][\w-]*/g;

/** Anything that may be a block's name. `depends_on` doesn't count, because it passes on no value. */
function namesIn(body: unknown): ReadonlySet<string> {
  const told = isObject(body) ? Object.entries(body).filter(([name]) => name !== 'depends_on') : body;
  return new Set(
    textsIn(told)
      .flatMap((text) => text.match(NAME) ?? [])
      .map((name) => name.replace(/\s/g, '')),
  );
}

function textsIn(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value];
  if (Array.isArray(value)) return value.flatMap(textsIn);
  return isObject(value) ? Object.entries(value).flatMap(textsIn) : [];
}
