import type { Origin } from '../../model/facts';
import type { Resource, Value } from '../values';

/** A name that must be there; what is not known stands as a name that nothing else has. */
export function label(value: Value | undefined, { address }: Resource, attribute: string): string {
  return typeof value === 'string' ? value : `(${attribute} of ${address})`;
}

export function originOf({ stack, address, path }: Resource): Origin {
  return { stack, address, path };
}

/** A name as a part of an id, in which a slash that is its own would make one id of two things. */
export function idPart(name: string): string {
  return name.replace(/%(?=25|2F)|\//g, encodeURIComponent);
}

/** The name of which {@link idPart} made this. */
export function nameIn(part: string): string {
  return part.replace(/%25|%2F/g, decodeURIComponent);
}
