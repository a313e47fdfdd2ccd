import type { Origin } from '../model/facts';
import { sha256 } from '../model/fingerprint';
import type { Unknown } from '../model/reach';
import type { Text } from '../phrase';
import { SENSITIVE } from '../readers/values';
import type { Way } from '../report/ways';

export type Verdict = 'opens' | 'closes' | 'unknown';

/** Everyone on the internet, where somebody's id belongs. */
export const ANYONE = 'anyone';

/** Where the ids of those belong who are not in the code: whoever may connect. */
export const ANY_CLIENT = 'any client';

/**
 * One thing that somebody can reach now and could not before, or the reverse; of the way `other`, a thing that changes and of
 * which the review does not know what it does.
 */
export interface Change {
  readonly verdict: Verdict;
  readonly way: Way;
  /**
   * All who are concerned in the same way: ids of applications; of a space without any; {@link ANYONE}; or the address of what
   * changes. Changes of the same clients share one list.
   */
  readonly who: readonly string[];
  readonly what: Text;
  /** Id of the proxy, or of the application behind a route. */
  readonly via?: string;
  readonly note?: Text;
  /** Stands for values that are not shown, so that an approval holds for these alone. */
  readonly token?: string;
  /** What in the code does it, as far as one thing does. */
  readonly origin?: Origin;
}

/** What an application's reach was, to which the difference is made, and is; one of the two is missing for a new one. */
export type Pair<T> = readonly [before: T, after: T];

export type Part = Pick<Change, 'verdict' | 'what' | 'note' | 'token'>;

/** What opens or closes with something that was not read; the reason is a note. */
export function ofUnknown(verdict: Verdict, { token: of, because, opens, atMost }: Unknown): Part {
  const token = stamp(atMost === undefined ? of : [of, ...atMost.describe()].join('\n'));
  return opens === true
    ? { verdict, what: because, token }
    : { verdict, what: 'something unknown', note: because, token };
}

/** What the token of something begins with that a sensitive value has a part in. */
export const HIDDEN = 'hidden ';

/**
 * Stands for a text that is not shown, such as the token of what is unknown. Nothing of a sensitive value is in it: a short
 * one could be guessed from its hash.
 */
export function stamp(text: string): string {
  const told = text.replace(DIGEST, 'sensitive ').replaceAll(SENSITIVE, 'sensitive ');
  const hash = sha256(told);
  return told !== text || told.includes(HIDDEN) ? `${HIDDEN}${hash}` : hash;
}

const DIGEST = new RegExp(`${SENSITIVE}[0-9a-f]{64}`, 'g');

/** What is unknown after the change may still open what the known part closes. */
export const UNLESS = 'unless something that is not known here opens it';

/** The keys of both, in order. */
export function both(before: Keyed, after: Keyed): string[] {
  return [...new Set([...before.keys(), ...after.keys()])].sort();
}

type Keyed = Pick<ReadonlyMap<string, unknown>, 'keys'>;
