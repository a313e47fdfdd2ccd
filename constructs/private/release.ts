import { createHash } from 'node:crypto';
import { Fn, Token, Tokenization } from 'cdktf';

/**
 * A hash of everything that instances start with, in Base64. The engine hashes what only it knows, and this function
 * the rest, so that a long allowlist isn't written twice.
 */
export function releaseHash(release: string): string {
  const { literals, tokens } = Tokenization.reverseString(release);
  const all = tokens.map((token) => Token.asString(token));
  // A client's variables contain the same address several times, and its expression is long.
  const late = [...new Set(all)];
  const places = late.length === all.length ? [] : all.map((token) => late.indexOf(token));
  const known = createHash('sha256')
    .update([...literals, ...places].join('\0'))
    .digest('base64');
  return late.length === 0 ? known : Fn.base64sha256(Fn.join(' ', [known, ...late]));
}
