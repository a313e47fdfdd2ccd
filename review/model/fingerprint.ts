import { createHash } from 'node:crypto';

/** The one hash of the review, for whatever stands for a text or a file. */
export function sha256(content: string | Uint8Array, encoding: 'base64' | 'base64url' | 'hex' = 'base64url'): string {
  return createHash('sha256').update(content).digest(encoding);
}

/**
 * What is said of a text that can't be read: enough to find it again, and not the text. Whatever got into the place of a list
 * by mistake, as a password, would stand in a comment for everybody.
 */
export function fingerprint(text: string): string {
  return `${text.length} characters, SHA-256 ${sha256(text, 'hex').slice(0, 8)}`;
}
