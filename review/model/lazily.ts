import { remember } from './maps';

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
