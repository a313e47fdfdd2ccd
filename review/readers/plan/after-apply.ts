import { block, list, own } from '../json';
import { isObject, LATER, SET_LATER, Unresolved, type Value } from '../values';
import { marks } from './sensitive';

/** Fills in what is only known after the apply from the configuration. */
export function merge(known: Value, unknown: unknown, written: Value | undefined, token: string): Value {
  if (unknown === true) return later(written, token);
  if (unknown === undefined || unknown === false) return known;
  // If the whole value is hidden, nobody sees which part is unknown.
  if (known instanceof Unresolved) return marks(unknown) ? new Unresolved(`${token} of ${known.token}`, LATER) : known;
  if (Array.isArray(unknown)) {
    if (!unknown.some(marks)) return known;
    const spread = spreadOver(unknown, written);
    if (spread !== undefined) return spread.map((each, index) => later(each, `${token} ${index}`));
    // A set with an unknown member has no order in common with the configuration, which knows its members equally well.
    if (Array.isArray(written) && Array.isArray(known) && written.length === known.length) {
      return written.map((each: Value, index) => member(known[index] as Value, later(each, `${token} ${index}`)));
    }
    const longest = Math.max(list(known).length, unknown.length);
    return Array.from({ length: longest }, (_, index) =>
      merge((list(known)[index] ?? null) as Value, unknown[index], single(written), `${token} ${index}`),
    );
  }
  const names = new Set([...Object.keys(block(known)), ...Object.keys(block(unknown))]);
  return Object.fromEntries(
    [...names].map((name) => {
      const inner = isObject(written) ? (own(written, name) as Value | undefined) : single(written);
      const value = (own(block(known), name) ?? null) as Value;
      return [name, merge(value, own(block(unknown), name), inner, `${token} ${name}`)];
    }),
  );
}

/** There are as many unknown members as possible ids: each is one of them. */
function spreadOver(unknown: readonly unknown[], written: Value | undefined): Unresolved[] | undefined {
  if (!(written instanceof Unresolved) || !written.exact || written.references.length !== unknown.length)
    return undefined;
  if (!unknown.every((each) => each === true)) return undefined;
  return written.references.map((each) => new Unresolved(() => written.token, written.because, [each], true));
}

/** What the configuration says about a member, completed from the plan if both are the same member. */
function member(known: Value, written: Value): Value {
  if (!isObject(known) || !isObject(written)) return written;
  const differs = Object.entries(known).some(
    ([name, value]) => typeof written[name] === 'string' && value !== null && written[name] !== value,
  );
  const added = Object.entries(known).filter(([name, value]) => value !== null && !Object.hasOwn(written, name));
  return differs ? written : { ...written, ...Object.fromEntries(added) };
}

/** A value of the configuration whose templates can't be computed before the apply. */
function later(written: Value | undefined, token: string): Value {
  if (written === undefined || written === null) return new Unresolved(token, SET_LATER);
  if (written instanceof Unresolved) {
    const from = (): string => (written.token === '' ? token : `${token} from ${written.token}`);
    return new Unresolved(from, LATER, written.references, written.exact, written.filled);
  }
  if (Array.isArray(written)) return written.map((each: Value, index) => later(each, `${token} ${index}`));
  if (!isObject(written)) return written;
  return Object.fromEntries(Object.entries(written).map(([key, value]) => [key, later(value, `${token} ${key}`)]));
}

/** An expression with a single reference, for each place in the attribute. */
function single(written: Value | undefined): Value | undefined {
  return written instanceof Unresolved ? written : undefined;
}
