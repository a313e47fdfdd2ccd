import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import Docker from 'dockerode';
import { serve } from './api/serve';
import type { Cell } from './cell/cell';
import { DockerCell } from './cell/docker-cell';
import { MemoryCell } from './cell/memory-cell';
import type { OwnBroker } from './cloud/broker';
import { collectGarbage } from './collect-garbage';
import { ensureInternet, ensureRegistry } from './internet/support-containers';
import { offSubnetRoutes, resolveName } from './internet/names';
import { bucketServer, NO_BUCKET_SERVER } from './internet/bucket-server';
import { S3Broker } from './internet/s3-broker';
import { readSettings, type Settings } from './settings';
import { MemoryStore, type Store } from './store/store';

interface Place {
  readonly cell: Cell;
  readonly broker: OwnBroker;
  readonly host: string;
  readonly isSimulated?: (name: string) => boolean;
}

/** Opens a real foundation: containers, the registry, and the simulated internet. */
const openDocker = async (settings: Settings): Promise<Place> => {
  const docker = new Docker();
  const open = DockerCell.open({
    settings,
    docker,
    router: { host: '0.0.0.0', port: settings.ports.router },
    resolveName: (name) => resolveName(name, settings.internet),
    staticRoutes: offSubnetRoutes(settings.internet),
  });
  await Promise.all([ensureInternet(docker, settings), ensureRegistry(docker, settings), open]);
  return {
    cell: await open,
    broker: new S3Broker(bucketServer(docker, settings)),
    host: '0.0.0.0',
    isSimulated: (name) => resolveName(name, settings.internet) !== undefined,
  };
};

/** For trying the API without a container engine: applications only appear to run. */
const openMemory = (): Place => ({
  cell: new MemoryCell(),
  broker: new S3Broker(NO_BUCKET_SERVER),
  host: '127.0.0.1',
});

const openStore = async (dataDir: string): Promise<Store> => {
  if (process.env['FOUNDATION_STORE'] === 'memory') return new MemoryStore();
  const { SqliteStore } = await import('./store/sqlite.js');
  return new SqliteStore(join(dataDir, 'foundation.db'));
};

const main = async (): Promise<void> => {
  let close = (): Promise<void> => Promise.resolve();
  // First, since PID 1 of a container ignores TERM without a handler.
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      void close().finally(() => {
        process.exit(0);
      });
    });
  }
  const settings = readSettings(process.env);
  mkdirSync(settings.dataDir, { recursive: true });
  const store = await openStore(settings.dataDir);
  const place = process.env['FOUNDATION_CELL'] === 'memory' ? openMemory() : await openDocker(settings);
  const onFailure = (error: unknown): void => console.error(error);
  const service = await serve({ settings, store, ...place, onFailure });
  close = () => service.close();
  console.log(`foundation ${settings.name} listens on ${service.url}`);
  collectGarbage();
};

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
