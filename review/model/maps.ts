/**
 * Indexes by key. An item that the code owns takes precedence over one that it only refers to; otherwise the later one
 * does.
 */
export function indexed<T extends { readonly owned: boolean }>(
  all: readonly T[],
  key: (one: T) => string,
): Map<string, T> {
  const index = new Map<string, T>();
  for (const one of all) {
    if (index.get(key(one))?.owned !== true || one.owned) index.set(key(one), one);
  }
  return index;
}

/** Compares texts character by character, the same on every machine. */
export function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

export function grouped<T>(all: readonly T[], key: (one: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const one of all) remember(groups, key(one), () => []).push(one);
  return groups;
}

interface Memory<K, V> {
  get: (key: K) => V | undefined;
  set: (key: K, value: V) => unknown;
}

export function remember<K, V>(memory: Memory<K, V>, key: K, make: () => V): V {
  const kept = memory.get(key);
  if (kept !== undefined) return kept;
  const made = make();
  memory.set(key, made);
  return made;
}

const VALUE_OF = Symbol('value of');

/**
 * An object with properties that are computed on first use. The checks at synth need few of them, and some are
 * expensive: the hash of everything that an application starts with includes each of its credentials several times.
 *
 * @param of the object's other properties
 */
export function lazily<T, Of extends object = object, Name extends string = string>(
  names: readonly Name[],
  valueOf: (name: Name) => T,
  of = {} as Of,
): Of & Readonly<Record<Name, T>> {
  Object.defineProperty(of, VALUE_OF, { value: valueOf });
  for (const name of names) Object.defineProperty(of, name, accessorOf(name));
  return of as Of & Readonly<Record<Name, T>>;
}

/** One for all objects: with functions of their own, no two of them have the same shape, and each access is slow. */
const ACCESSORS = new Map<string, PropertyDescriptor>();

function accessorOf(name: string): PropertyDescriptor {
  return remember(ACCESSORS, name, () => ({
    enumerable: true,
    configurable: true,
    get(this: { readonly [VALUE_OF]: (name: string) => unknown }): unknown {
      const value = this[VALUE_OF](name);
      Object.defineProperty(this, name, { value });
      return value;
    },
  }));
}
