import { randomUUID } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { crc32 } from 'node:zlib';
import type { StagingSpec } from '../../../src/cell/cell';
import type { Playground } from './playground';

export interface ZipEntry {
  readonly name: string;
  readonly content: string | Buffer;
}

/** An uncompressed ZIP file with any names, including malicious ones. */
export function zip(entries: readonly ZipEntry[]): Buffer {
  const local: Buffer[] = [];
  const central: Buffer[] = [];
  let offset = 0;
  for (const { name, content } of entries) {
    const nameBytes = Buffer.from(name);
    const data = typeof content === 'string' ? Buffer.from(content) : content;
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(0x21, 8);
    common.writeUInt32LE(crc32(data), 10);
    common.writeUInt32LE(data.length, 14);
    common.writeUInt32LE(data.length, 18);
    common.writeUInt16LE(nameBytes.length, 22);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(((0o100644 << 16) >>> 0) >>> 0, 6);
    tail.writeUInt32LE(offset, 10);
    const file = Buffer.concat([signature(0x04034b50), common, nameBytes, data]);
    central.push(signature(0x02014b50), Buffer.from([20, 3]), common, tail, nameBytes);
    local.push(file);
    offset += file.length;
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(entries.length, 4);
  end.writeUInt16LE(entries.length, 6);
  end.writeUInt32LE(directory.length, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([...local, directory, signature(0x06054b50), end]);
}

function signature(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

/** Writes the package of an application, and specifies its staging. */
export async function stagingOf(
  { settings: { dataDir } }: Playground,
  entries: readonly ZipEntry[],
  over: Partial<StagingSpec> = {},
): Promise<StagingSpec> {
  const buildGuid = randomUUID();
  const packagePath = join(dataDir, 'packages', `${buildGuid}.zip`);
  await mkdir(dirname(packagePath), { recursive: true });
  await writeFile(packagePath, zip(entries));
  return {
    buildGuid,
    appGuid: buildGuid,
    appName: 'hello',
    spaceGuid: 'space',
    packagePath,
    dropletPath: join(dataDir, 'droplets', `${buildGuid}.tgz`),
    buildpacks: [],
    env: {},
    memory: 1024,
    disk: 1024,
    ...over,
  };
}
