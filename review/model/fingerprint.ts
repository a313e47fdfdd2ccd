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
