import type { Origin } from '../../model/facts';
import { lazily } from '../../model/maps';
import type { Answer, Unknown } from '../../model/reach';
import { type Resource, type Value, Unresolved } from '../values';

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

export function unknown(value: Unresolved, what: string): Unknown {
  return lazily(['token'], () => value.token, { because: `${what} (${value.because})` });
}

/** Combines all unknown values, if one of the given ones is unknown. */
export function unknownOf(values: readonly (Value | undefined)[], what: string, about = values): Unknown | undefined {
  const first = about.find((value) => value instanceof Unresolved);
  if (first === undefined) return undefined;
  const hidden = values.filter((value) => value instanceof Unresolved);
  return { ...unknown(first, what), token: hidden.map(({ token }) => token).join(' ') };
}

/** Whether a value is one id, or exactly one reference. */
export function certain(value: Value | undefined): boolean {
  return typeof value === 'string' || (value instanceof Unresolved && value.exact);
}

export function answer(yes: boolean): Answer {
  return yes ? 'yes' : 'no';
}

/** What a boolean attribute says. */
export function flag(value: Value | undefined, when: (known: Value | undefined) => boolean): Answer {
  return value instanceof Unresolved ? 'unknown' : answer(when(value));
}

/** The answer if either of two is enough. */
export function either(one: Answer, other: Answer): Answer {
  return (['yes', 'unknown'] as const).find((each) => [one, other].includes(each)) ?? 'no';
}
