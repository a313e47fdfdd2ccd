import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { resources } from '../src/api/resources';
import { rolePage } from '../src/api/role-matrix';
import { MemoryCell } from '../src/cell/memory-cell';
import { systemClock } from '../src/cloud/clock';
import { Cloud } from '../src/cloud/cloud';
import { ensureTokenKey, Tokens } from '../src/cloud/tokens';
import { NO_BUCKET_SERVER } from '../src/internet/bucket-server';
import { S3Broker } from '../src/internet/s3-broker';
import { MemoryStore } from '../src/store/memory';

export const ROLE_PAGE = join(__dirname, '..', 'docs', 'roles.md');

/** Generates the page from a foundation that is not started. */
export const makeRolePage = async (): Promise<string> => {
  const dataDir = mkdtempSync(join(tmpdir(), 'role-page-'));
  const cloud = new Cloud({
    store: new MemoryStore(),
    cell: new MemoryCell(),
    broker: new S3Broker(NO_BUCKET_SERVER),
    connect: () => {
      throw new Error('no broker is registered');
    },
    clock: systemClock,
    dataDir,
    api: '',
    onFailure: console.error,
  });
  try {
    cloud.transact(ensureTokenKey);
    return rolePage(resources(cloud, new Tokens(cloud.state, '')));
  } finally {
    await cloud.close();
    rmSync(dataDir, { recursive: true });
  }
};

if (require.main === module) void makeRolePage().then((page) => writeFileSync(ROLE_PAGE, page));
