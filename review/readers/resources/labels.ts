import type { Origin } from '../../model/facts';
import type { Resource, Value } from '../values';

/** A name that must be there; what is not known stands as a name that nothing else has. */
export function label(value: Value | undefined, { address }: Resource, attribute: string): string {
  return typeof value === 'string' ? value : `(${attribute} of ${address})`;
}

export function originOf({ stack, address, path }: Resource): Origin {
  return { stack, address, path };
}
