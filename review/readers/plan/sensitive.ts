import { sha256 } from '../../model/fingerprint';
import { isWord } from '../../model/caddyfile';
import { block, list, own } from '../json';
import { SENSITIVE, Unresolved, type Value } from '../values';

/** What replaces a sensitive value in a plan that was redacted before it left the machine. */
const REDACTED = '(sensitive)';

/**
 * Reduces a sensitive value to whether it equals another one. A redacted value doesn't even reveal that, so it differs
 * from every other one unless the place says otherwise.
 */
export function hide(value: unknown, sensitive: unknown, place: () => string): Value {
  // Most resources have nothing to hide, and a large plan has many.
  if (!marks(sensitive)) return (value ?? null) as Value;
  if (sensitive === true && value !== null && value !== undefined) {
    const digest = sha256(JSON.stringify(value), 'hex');
    const because = 'it is marked sensitive';
    if (value === REDACTED) return new Unresolved(`${SENSITIVE}${place()}`, because);
    const filled = typeof value === 'string' && value !== '';
    return new Unresolved(`${SENSITIVE}${digest}`, because, [], false, filled, filled && isWord(value));
  }
  if (Array.isArray(value))
    return value.map((each, index) => hide(each, list(sensitive)[index], () => `${place()} ${index}`));
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => [
        key,
        hide(inner, own(block(sensitive), key), () => `${place()} ${key}`),
      ]),
    );
  }
  return (value ?? null) as Value;
}

/** Whether any place in a value is marked as unknown or sensitive. */
export function marks(marked: unknown): boolean {
  if (typeof marked !== 'object' || marked === null) return marked === true;
  return Object.values(marked).some(marks);
}
