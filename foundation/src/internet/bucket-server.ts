import type Docker from 'dockerode';
import { execute } from '../cell/engine';
import { SerialQueue } from '../serial-queue';
import type { Settings } from '../settings';
import { loadSeed } from './accounts';
import { PROGRAM, type Requests } from './files';
import { internetContainerName } from './internet';

/** Where a broker's buckets and accounts are. */
export interface BucketServer {
  /** What the keys of all accounts are derived from. */
  seed(): Promise<string>;
  run<K extends keyof Requests>(command: K, request: Requests[K]): Promise<void>;
}

/**
 * The S3 server of the simulated internet. It is talked to through the container engine: a way over the network would be
 * one for the applications too. One request at a time, since a bucket's policy is read, changed and written.
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

/** For trying the API where there is no container engine: the credentials open nothing. */
export const NO_BUCKET_SERVER: BucketServer = {
  seed: () => Promise.resolve('memory'),
  run: () => Promise.resolve(),
};
