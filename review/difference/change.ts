import type { Origin } from '../model/facts';
import { sha256 } from '../model/fingerprint';
import type { Unknown } from '../model/reach';
import type { Text } from '../phrase';
import { SENSITIVE } from '../readers/values';
import type { Way } from '../report/ways';

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

/** Prefix of a token that a sensitive value contributes to. */
export const HIDDEN = 'hidden ';

/**
 * Stands for a text that isn't shown, such as the token of an unknown. It contains nothing of a sensitive value,
 * because a short one could be guessed from its hash.
 */
export function stamp(text: string): string {
  const told = text.replace(DIGEST, 'sensitive ').replaceAll(SENSITIVE, 'sensitive ');
  const hash = sha256(told);
  return told !== text || told.includes(HIDDEN) ? `${HIDDEN}${hash}` : hash;
}

const DIGEST = new RegExp(`${SENSITIVE}[0-9a-f]{64}`, 'g');

/** An unknown after the change may still open what the known part closes. */
export const UNLESS = 'unless something unknown still opens it';

/** The sorted keys of both. */
export function both(before: Keyed, after: Keyed): string[] {
  return [...new Set([...before.keys(), ...after.keys()])].sort();
}

type Keyed = Pick<ReadonlyMap<string, unknown>, 'keys'>;
