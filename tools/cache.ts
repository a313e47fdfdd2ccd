import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, open, readdir, rename, rm, statfs } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { codeOf, Failure, reasonOf } from './failure';
import { Lock } from './lock';
import { type Report, silent } from './progress';

/** Something to cache: a version of a tool, built from inputs. Other inputs are another entry. */
export interface CacheEntry {
  readonly tool: string;
  readonly version: string;
  /** Texts that determine the result; their checksum is part of the entry's name. */
  readonly inputs: readonly string[];
  /** Upper estimate of its size, so that a full disk is reported before the work and not after it. */
  readonly bytes: number;
}

export const MEBIBYTE = 1024 * 1024;
const mebibytes = (bytes: number): string => `${Math.ceil(bytes / MEBIBYTE)} MiB`;

/** `$XDG_CACHE_HOME/space-egress`, where every checkout and every version of this project keeps its tools. */
export const cacheRoot = (env: NodeJS.ProcessEnv = process.env): string =>
  join(env.XDG_CACHE_HOME ?? join(env.HOME ?? homedir(), '.cache'), 'space-egress');

/** `VERSION-CHECKSUM`: unambiguous, because each input is preceded by its length. */
export function entryName(entry: CacheEntry): string {
  const hash = createHash('sha256');
  for (const input of entry.inputs) hash.update(`${Buffer.byteLength(input)}:`).update(input);
  return `${entry.version}-${hash.digest('hex').slice(0, 16)}`;
}

/**
 * Folders that are either absent or complete. An entry is created in a temporary folder next to its place and renamed
 * when it is complete: an interruption leaves only a remnant, which the next run removes. With a lock per entry, one of
 * two runs creates it and the other waits.
 */
export class Cache {
  constructor(readonly root: string = cacheRoot()) {}

  find(entry: CacheEntry): string | undefined {
    const path = this.pathOf(entry);
    return existsSync(path) ? path : undefined;
  }

  /** The folder of an entry; `make` fills it if it doesn't exist. */
  async ensure(entry: CacheEntry, make: (folder: string) => Promise<void>, report: Report = silent): Promise<string> {
    const present = this.find(entry);
    if (present !== undefined) return present;
    const parent = join(this.root, entry.tool);
    try {
      await mkdir(parent, { recursive: true });
      const lock = await Lock.take(`${this.pathOf(entry)}.lock`, () => {
        report('waiting for another run that builds it');
      });
      try {
        return this.find(entry) ?? (await this.makeEntry(entry, parent, make));
      } finally {
        await lock.release();
      }
    } catch (error) {
      throw this.isFull(error) ? await this.fullDisk(entry) : error;
    }
  }

  private pathOf(entry: CacheEntry): string {
    return join(this.root, entry.tool, entryName(entry));
  }

  private async makeEntry(entry: CacheEntry, parent: string, make: (folder: string) => Promise<void>): Promise<string> {
    const path = this.pathOf(entry);
    const remnants = (await readdir(parent)).filter((name) => name.startsWith(`${entryName(entry)}.partial-`));
    await Promise.all(remnants.map((name) => rm(join(parent, name), { recursive: true, force: true })));
    if ((await freeBytes(this.root)) < entry.bytes) throw await this.fullDisk(entry);
    const folder = await mkdtemp(`${path}.partial-`);
    try {
      await make(folder);
      await flush(folder);
      await rename(folder, path);
    } catch (error) {
      await rm(folder, { recursive: true, force: true });
      // If another run took over the lock of this suspended one, it has finished first, and its folder is just as good.
      if (existsSync(path)) return path;
      throw error;
    }
    return path;
  }

  private isFull(error: unknown): boolean {
    return codeOf(error) === 'ENOSPC' || (!(error instanceof Failure) && /no space left/i.test(reasonOf(error)));
  }

  private async fullDisk(entry: CacheEntry): Promise<Failure> {
    return new Failure(
      `no space left for ${entry.tool} ${entry.version}`,
      `it needs about ${mebibytes(entry.bytes)} in ${this.root}, where ${mebibytes(await freeBytes(this.root))} are free`,
      'free some space, or set XDG_CACHE_HOME to a folder on a larger disk (a build also uses Go’s own cache: `go env GOCACHE`)',
    );
  }
}

/** Free space on the disk of a folder, which need not exist yet. */
export async function freeBytes(folder: string): Promise<number> {
  try {
    const { bavail, bsize } = await statfs(folder);
    return bavail * bsize;
  } catch (error) {
    if (codeOf(error) !== 'ENOENT' || dirname(folder) === folder) throw error;
    return freeBytes(dirname(folder));
  }
}

/** Writes to the disk before the rename, so that a power failure can't leave an entry with empty files. */
async function flush(folder: string): Promise<void> {
  for (const file of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!file.isFile()) continue;
    const handle = await open(join(file.parentPath, file.name), 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  }
}
