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
