import type { Origin } from '../../model/facts';
import type { Resource, Value } from '../values';

/** A required name; if it is unknown, a label that nothing else has. */
export function label(value: Value | undefined, { address }: Resource, attribute: string): string {
  return typeof value === 'string' ? value : `(${attribute} of ${address})`;
}

export function originOf({ stack, address, path }: Resource): Origin {
  return { stack, address, path };
}

/** A name as part of an id. Its own slashes are replaced, so that two things never share an id. */
export function idPart(name: string): string {
  return name.replace(/%(?=25|2F)|\//g, encodeURIComponent);
}

/** The name that {@link idPart} turned into this part. */
export function nameIn(part: string): string {
  return part.replace(/%25|%2F/g, decodeURIComponent);
}
