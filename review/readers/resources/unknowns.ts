import type { Answer, Unknown } from '../../model/reach';
import { lazily } from '../../model/lazily';
import { Unresolved, type Value } from '../values';

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
