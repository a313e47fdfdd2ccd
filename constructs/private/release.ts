import { createHash } from 'node:crypto';
import { Fn, Token, Tokenization } from 'cdktf';

/**
 * A hash of all that instances are started with, in base64. What is known only to the engine is hashed by the engine, the
 * rest here, so that a long allowlist is not written twice.
 */
export function releaseHash(release: Readonly<Record<string, unknown>>): string {
  const text = Tokenization.reverseString(JSON.stringify(release));
  const known = createHash('sha256').update(text.literals.join('\0')).digest('base64');
  const late = text.tokens.map((token) => Token.asString(token));
  return late.length === 0 ? known : Fn.base64sha256(Fn.join(' ', [known, ...late]));
}
