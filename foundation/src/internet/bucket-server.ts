import type Docker from 'dockerode';
import { execute } from '../cell/engine';
import { SerialQueue } from '../serial-queue';
import type { Settings } from '../settings';
import { loadSeed } from './accounts';
import { PROGRAM, type Requests } from './files';
import { internetContainerName } from './internet';

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
