import { createHmac, randomBytes } from 'node:crypto';
import { link, mkdir, readFile, unlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type Docker from 'dockerode';
import { execute } from '../cell/engine';
import { SerialQueue } from '../serial-queue';
import type { Settings } from '../settings';
import { PROGRAM, type Requests } from './files';
import { internetContainerName } from './support-containers';
import type { S3Account } from './s3-client';

/**
 * Derives the keys of a brokered bucket from one seed, so creating a bucket twice gives the same keys without storing
 * them. The keys of one bucket don't reveal those of another.
 */
export function deriveAccount(seed: string, bucket: string): S3Account {
  const derive = (purpose: string): Buffer => createHmac('sha256', seed).update(`${purpose}:${bucket}`).digest();
  return {
    accessKeyId: `AKIA${derive('access-key-id').toString('hex').slice(0, 16).toUpperCase()}`,
    // Only characters that need no encoding in a credentials URI.
    secretAccessKey: derive('secret-access-key').toString('base64url').slice(0, 40),
  };
}

/** Relative to the data folder. */
const SEED_FILE = join('s3', 'seed');

/** Loads the seed of this foundation, or creates it at the first call, with mode 0600. */
export async function loadSeed(dataDir: string): Promise<string> {
  const path = join(dataDir, SEED_FILE);
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const fresh = `${path}.${randomBytes(8).toString('hex')}`;
  await writeFile(fresh, randomBytes(32).toString('hex'), { mode: 0o600 });
  try {
    // A link fails if there is a seed already, and is atomic.
    await link(fresh, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    await unlink(fresh);
  }
  return readFile(path, 'utf8');
}

/** The server of a broker's buckets and accounts. */
export interface BucketServer {
  /** The seed that the keys of all accounts are derived from. */
  seed(): Promise<string>;
  run<K extends keyof Requests>(command: K, request: Requests[K]): Promise<void>;
}

/**
 * The S3 server of the simulated internet, administered through the container engine, since applications could use a
 * network connection, too. It handles one request at a time, since changing a bucket's policy reads and writes it.
 */
export const bucketServer = (docker: Docker, settings: Pick<Settings, 'name' | 'dataDir'>): BucketServer => {
  const queue = new SerialQueue();
  return {
    seed: () => loadSeed(settings.dataDir),
    run: (command, request) =>
      queue.run(async () => {
        const container = docker.getContainer(internetContainerName(settings.name));
        await execute(container, ['node', PROGRAM, command], JSON.stringify(request));
      }),
  };
};

/** For trying the API without a container engine: the credentials give access to nothing. */
export const NO_BUCKET_SERVER: BucketServer = {
  seed: () => Promise.resolve('memory'),
  run: () => Promise.resolve(),
};
