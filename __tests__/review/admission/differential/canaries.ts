import { createHash, randomBytes } from 'node:crypto';

/** A secret that nothing else looks like; `/` and `+` look another way in a URL. */
export const canary = (): string => `${randomBytes(12).toString('hex')}/+${randomBytes(6).toString('hex')}`;

const HASHES = ['md5', 'sha1', 'sha256', 'sha512'];
/** Long enough to be found by chance in no plan. */
const PART = 10;

/** All that gives a secret away: its parts, forwards and backwards, encoded, and the hashes of it. */
function traces(secret: string): readonly string[] {
  const reversed = Array.from(secret).reverse().join('');
  const bytes = Buffer.from(secret);
  const parts = [secret, reversed].flatMap((text) =>
    Array.from({ length: text.length - PART + 1 }, (_, at) => text.slice(at, at + PART)),
  );
  // Base64 of a longer text holds it in one of three ways.
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

  /** The trace of a secret in a text, if there is one. */
  find(text: string): string | undefined {
    return this.pattern.exec(text)?.[0];
  }
}
