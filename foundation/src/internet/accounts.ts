import { createHmac, randomBytes } from 'node:crypto';
import { link, mkdir, readFile, unlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { S3Account } from './signature';

/**
 * Keys of brokered buckets are derived from one seed, so that making a bucket twice gives the same keys without a
 * record of them. The seed is no account's key: whoever has one bucket's keys can't derive another's.
 */
export function deriveAccount(seed: string, bucket: string): S3Account {
  const derive = (purpose: string): Buffer => createHmac('sha256', seed).update(`${purpose}:${bucket}`).digest();
  return {
    accessKeyId: `AKIA${derive('access-key-id').toString('hex').slice(0, 16).toUpperCase()}`,
    // No character that would have to be encoded in a credentials URI.
    secretAccessKey: derive('secret-access-key').toString('base64url').slice(0, 40),
  };
}

/** Relative to the data folder. */
const SEED_FILE = join('s3', 'seed');

/** The seed of this foundation; made at the first call, 0600, and the same ever after. */
export async function loadSeed(dataDir: string): Promise<string> {
  const path = join(dataDir, SEED_FILE);
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const fresh = `${path}.${randomBytes(8).toString('hex')}`;
  await writeFile(fresh, randomBytes(32).toString('hex'), { mode: 0o600 });
  try {
    // A link fails where a seed is already, and shows the whole file or none.
    await link(fresh, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    await unlink(fresh);
  }
  return readFile(path, 'utf8');
}
