import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { deriveAccount, loadSeed } from '../../src/internet/bucket-server';

describe('the accounts of brokered buckets', () => {
  it('are the same for the same bucket, and differ between buckets and between foundations', () =>
    fc.assert(
      fc.property(fc.uniqueArray(fc.string(), { minLength: 2, maxLength: 2 }), ([one = '', other = '']) => {
        expect(deriveAccount('seed', one)).toEqual(deriveAccount('seed', one));
        expect(deriveAccount('seed', one)).not.toEqual(deriveAccount('seed', other));
        expect(deriveAccount('seed', one).secretAccessKey).not.toBe(deriveAccount('other', one).secretAccessKey);
      }),
    ));

  it('look like the keys of AWS and need no encoding in a URI', () =>
    fc.assert(
      fc.property(fc.string(), (bucket) => {
        const { accessKeyId, secretAccessKey } = deriveAccount('seed', bucket);
        expect(accessKeyId).toMatch(/^AKIA[0-9A-F]{16}$/);
        expect(encodeURIComponent(secretAccessKey)).toBe(secretAccessKey);
        expect(secretAccessKey).toHaveLength(40);
      }),
    ));

  it('come from one seed, even if several processes create it at once', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'seed-'));
    try {
      const seeds = await Promise.all(Array.from({ length: 8 }, () => loadSeed(dir)));
      expect(new Set(seeds).size).toBe(1);
      expect(seeds[0]).toMatch(/^[0-9a-f]{64}$/);
      expect((await stat(join(dir, 's3', 'seed'))).mode & 0o777).toBe(0o600);
      expect(await readdir(join(dir, 's3'))).toEqual(['seed']);
    } finally {
      await rm(dir, { recursive: true, force: true });
    }
  });
});
