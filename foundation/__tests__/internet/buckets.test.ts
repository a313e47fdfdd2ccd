import { createHash } from 'node:crypto';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { deriveAccount, loadSeed } from '../../src/internet/bucket-server';
import { readPolicy, SAMPLE_OBJECTS, writePolicy } from '../../src/internet/buckets';

const keys = fc.uniqueArray(fc.stringMatching(/^AKIA[0-9A-F]{16}$/), { minLength: 1, maxLength: 5 });

describe("a bucket's policy", () => {
  it('lists the accounts with access, each once', () =>
    fc.assert(
      fc.property(keys, fc.boolean(), (accounts, isPublic) => {
        const text = writePolicy('bucket', { accounts: [...accounts, ...accounts], isPublic });
        expect(readPolicy(text)).toEqual({ accounts: [...accounts].sort(), isPublic });
      }),
    ));

  it('lets everyone read objects and nothing else, and nobody change the bucket or the policy itself', () => {
    const { Statement: statements } = JSON.parse(writePolicy('bucket', { accounts: ['a'], isPublic: true })) as {
      Statement: { Principal: unknown; Action: string[]; Resource: string }[];
    };
    expect(statements.filter(({ Principal }) => Principal === '*')).toMatchObject([
      { Action: ['s3:GetObject'], Resource: 'arn:aws:s3:::bucket/*' },
    ]);
    const actions = statements.flatMap(({ Action }) => Action);
    expect(
      actions.filter((action) => /:(?:\*|CreateBucket|DeleteBucket|(?:Put|Delete)BucketPolicy)$/.test(action)),
    ).toEqual([]);
  });
});

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

describe('the sample objects', () =>
  it('have known checksums', () => {
    const sums = SAMPLE_OBJECTS.map(({ key, size, content }) => {
      const bytes = content();
      expect(bytes).toHaveLength(size);
      return [key, size, createHash('sha256').update(bytes).digest('hex')];
    });
    expect(sums).toEqual([
      ['small.txt', 1024, '472c8de26272fb590e927736d4a37383cd7002e2fe2501fc77f2ba5acb105518'],
      ['large.bin', 67_108_864, 'f30fb789a9f52beedf72cacba5240bcd34e513150a201daab9f24dde4051556d'],
    ]);
  }));
