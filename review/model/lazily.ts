/**
 * An object with values that are worked out when they are asked for. The checks at synth ask for few, and of those that they don't ask
 * for some are long: the hash of all that an application is started with has each of its credentials several times.
 *
 * @param of what it has beside them
 */
export function lazily<T, Of extends object = object, Name extends string = string>(
  names: readonly Name[],
  valueOf: (name: Name) => T,
  of = {} as Of,
): Of & Readonly<Record<Name, T>> {
  for (const name of names) {
    Object.defineProperty(of, name, {
      enumerable: true,
      configurable: true,
      get: () => {
        const value = valueOf(name);
        Object.defineProperty(of, name, { value });
        return value;
      },
    });
  }
  return of as Of & Readonly<Record<Name, T>>;
}
