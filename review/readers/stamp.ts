import { sha256 } from '../model/fingerprint';
import { SENSITIVE } from './values';

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
