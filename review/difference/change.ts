import type { Origin } from '../model/facts';
import type { Unknown } from '../model/reach';
import type { Text } from '../phrase';
import { stamp } from '../readers/values';
import type { Way } from '../report/ways';

export { HIDDEN, stamp } from '../readers/values';

export type Verdict = 'opens' | 'closes' | 'unknown';

/** Everyone on the internet, in place of an id. */
export const ANYONE = 'anyone';

/** Clients that aren't in the code, in place of their ids: anyone who may connect. */
export const ANY_CLIENT = 'any client';

/**
 * Something that somebody can reach now and couldn't before, or the reverse. For the way `other`: something that
 * changes with an effect that the review doesn't know.
 */
export interface Change {
  readonly verdict: Verdict;
  readonly way: Way;
  /**
   * Everyone affected in the same way: ids of applications, or of a space without any; {@link ANYONE}; or the address
   * of what changes. Changes that affect the same clients share one list.
   */
  readonly who: readonly string[];
  readonly what: Text;
  /** Id of the proxy or of the application behind a route. */
  readonly via?: string;
  readonly note?: Text;
  /** Stands for values that aren't shown, so that an approval is valid only for these. */
  readonly token?: string;
  /** The cause in the code, if there is a single one. */
  readonly origin?: Origin;
}

/** An application's reach before and after the change; one of the two is missing for a new application. */
export type Pair<T> = readonly [before: T, after: T];

export type Part = Pick<Change, 'verdict' | 'what' | 'note' | 'token'>;

/** What opens or closes with something that couldn't be read; the reason becomes a note. */
export function ofUnknown(verdict: Verdict, { token: of, because, opens, atMost }: Unknown): Part {
  const token = stamp(atMost === undefined ? of : [of, ...atMost.describe()].join('\n'));
  return opens === true
    ? { verdict, what: because, token }
    : { verdict, what: 'something unknown', note: because, token };
}

/** An unknown after the change may still open what the known part closes. */
export const UNLESS = 'unless something unknown still opens it';

/** The sorted keys of both. */
export function both(before: Keyed, after: Keyed): string[] {
  return [...new Set([...before.keys(), ...after.keys()])].sort();
}

type Keyed = Pick<ReadonlyMap<string, unknown>, 'keys'>;
