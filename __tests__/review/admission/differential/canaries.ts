import { createHash, randomBytes } from 'node:crypto';

/** A unique secret; it has `/` and `+`, which are encoded in a URL. */
export const canary = (): string => `${randomBytes(12).toString('hex')}/+${randomBytes(6).toString('hex')}`;

const HASHES = ['md5', 'sha1', 'sha256', 'sha512'];
/** Long enough that no plan contains it by chance. */
const PART = 10;

/** Everything that reveals a secret: its parts, forward and reversed, encoded, and its hashes. */
function traces(secret: string): readonly string[] {
  const reversed = Array.from(secret).reverse().join('');
  const bytes = Buffer.from(secret);
  const parts = [secret, reversed].flatMap((text) =>
    Array.from({ length: text.length - PART + 1 }, (_, at) => text.slice(at, at + PART)),
  );
  // Base64 of a longer text contains it in one of three forms.
  const encoded = [0, 1, 2].map((shift) =>
    Buffer.concat([Buffer.alloc(shift), bytes])
      .toString('base64')
      .slice(4, -4),
  );
  const hashes = HASHES.flatMap((name) => {
    const digest = createHash(name).update(secret).digest();
    return [digest.toString('hex').slice(0, 16), digest.toString('base64').slice(0, 12)];
  });
  return [...parts, ...encoded, bytes.toString('hex').slice(0, 24), encodeURIComponent(secret), ...hashes];
}

export class Canaries {
  private readonly pattern: RegExp;

  constructor(secrets: readonly string[]) {
    const all = secrets.flatMap(traces).map((text) => text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&'));
    this.pattern = new RegExp(all.join('|'), 'i');
  }

  /** A trace of a secret in a text, if there is one. */
  find(text: string): string | undefined {
    return this.pattern.exec(text)?.[0];
  }
}
