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
