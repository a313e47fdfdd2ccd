import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, open, readdir, rename, rm, statfs } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { codeOf, Failure, reasonOf } from './failure';
import { Lock } from './lock';
import { type Report, silent } from './progress';

/** One thing worth keeping: a tool of a version, made from inputs. Other inputs are another entry. */
export interface CacheEntry {
  readonly tool: string;
  readonly version: string;
  /** Texts that decide what is made; their checksum is part of the entry's name. */
  readonly inputs: readonly string[];
  /** Upper estimate of what it takes, so that a full disk is told before the work and not after it. */
  readonly bytes: number;
}

const MEBIBYTE = 1024 * 1024;
const mebibytes = (bytes: number): string => `${Math.ceil(bytes / MEBIBYTE)} MiB`;

/** `$XDG_CACHE_HOME/space-egress`, where every checkout and every version of this project keeps its tools. */
export const cacheRoot = (env: NodeJS.ProcessEnv = process.env): string =>
  join(env.XDG_CACHE_HOME ?? join(env.HOME ?? homedir(), '.cache'), 'space-egress');

/** `VERSION-CHECKSUM`: unambiguous, since each input is preceded by its length. */
export function entryName(entry: CacheEntry): string {
  const hash = createHash('sha256');
  for (const input of entry.inputs) hash.update(`${Buffer.byteLength(input)}:`).update(input);
  return `${entry.version}-${hash.digest('hex').slice(0, 16)}`;
}

/**
 * Folders that are either absent or complete. An entry is made in a folder beside its place and renamed when it is
 * whole: an interruption leaves a remnant that nobody takes for an entry and the next run removes. A lock for each
 * entry lets one of two runs make it and the other wait.
 */
export class Cache {
  constructor(readonly root: string = cacheRoot()) {}

  /** The folder of an entry that is there. */
  find(entry: CacheEntry): string | undefined {
    const path = this.pathOf(entry);
    return existsSync(path) ? path : undefined;
  }

  /** The folder of an entry; `make` fills it when it isn't there. */
  async ensure(entry: CacheEntry, make: (folder: string) => Promise<void>, report: Report = silent): Promise<string> {
    const present = this.find(entry);
    if (present !== undefined) return present;
    const parent = join(this.root, entry.tool);
    try {
      await mkdir(parent, { recursive: true });
      const lock = await Lock.take(`${this.pathOf(entry)}.lock`, () => {
        report('waiting for another run that makes it');
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
      // Whoever took over the lock of a run that was suspended has finished first: its folder is as good.
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

/** What is free on the disk of a folder, which need not exist yet. */
export async function freeBytes(folder: string): Promise<number> {
  try {
    const { bavail, bsize } = await statfs(folder);
    return bavail * bsize;
  } catch (error) {
    if (codeOf(error) !== 'ENOENT' || dirname(folder) === folder) throw error;
    return freeBytes(dirname(folder));
  }
}

/** To the disk before the rename, so that a power cut can't leave an entry with empty files. */
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
