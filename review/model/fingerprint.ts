import { createHash } from 'node:crypto';

/** The review's one hash function, for anything that stands for a text or a file. */
export function sha256(content: string | Uint8Array, encoding: 'base64' | 'base64url' | 'hex' = 'base64url'): string {
  return createHash('sha256').update(content).digest(encoding);
}

/**
 * Identifies a text that can't be read without repeating it. If a password was put in place of a list by mistake, the
 * comment must not show it to everybody.
 */
export function fingerprint(text: string): string {
  return `${text.length} characters, SHA-256 ${sha256(text, 'hex').slice(0, 8)}`;
}

/** Thrown for a text that can't be read. Anything else that a reader throws is a mistake in the program. */
export class Unreadable extends Error {}

/** @throws anything but an {@link Unreadable}, so that no mistake in the program passes for one in the text */
export function readOr<T>(read: () => T, otherwise: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof Unreadable) return otherwise();
    throw error;
  }
}
