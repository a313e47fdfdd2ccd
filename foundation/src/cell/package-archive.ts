import { promisify } from 'node:util';
import { pipeline } from 'node:stream/promises';
import { buffer } from 'node:stream/consumers';
import type { Pack } from 'tar-stream';
import yauzl, { type Entry, type ZipFile } from 'yauzl';
import { StagingError } from './cell';

const open = promisify<string, yauzl.Options, ZipFile>(yauzl.open);

const KIND = 0o170000;
const SYMLINK = 0o120000;
const PERMISSIONS = 0o7777;
/** The platform's mode for files that were zipped on a system without permissions. */
const DEFAULT_MODE = 0o744;
/** Maximum bytes of a file that staging itself reads. */
const READABLE = 1024 * 1024;

/** The pushed files of an application. */
export class PackageArchive {
  private constructor(
    private readonly path: string,
    private readonly entries: readonly Entry[],
  ) {}

  /** Refuses packages with paths that lead out of the application's folder. */
  public static async open(path: string): Promise<PackageArchive> {
    const entries: Entry[] = [];
    try {
      await scan(path, (entry) => {
        entries.push(entry);
        return Promise.resolve();
      });
    } catch (error) {
      throw new StagingError(`StagingError - the package can't be unpacked: ${(error as Error).message}`);
    }
    return new PackageArchive(path, entries);
  }

  public has(name: string): boolean {
    return this.entries.some(({ fileName }) => fileName === name);
  }

  public hasFolder(name: string): boolean {
    return this.entries.some(({ fileName }) => fileName.startsWith(`${name}/`));
  }

  /** Reads a small text file of the package. */
  public async read(name: string): Promise<string | undefined> {
    let text: string | undefined;
    await scan(this.path, async (entry, zip) => {
      if (entry.fileName !== name) return;
      if (entry.uncompressedSize > READABLE) throw new StagingError(`StagingError - ${name} is larger than 1 MiB`);
      text = (await buffer(await stream(zip, entry))).toString('utf8');
    });
    return text;
  }

  /** Writes all files below the folder. The engine unpacks within the container's root, whatever links there are. */
  public async copyTo(pack: Pack, folder: string, uid: number): Promise<void> {
    await scan(this.path, async (entry, zip) => {
      const unix = entry.externalFileAttributes >>> 16;
      const header = { name: `${folder}/${entry.fileName}`, uid, gid: uid, mtime: entry.getLastModDate() };
      if (entry.fileName.endsWith('/')) {
        pack.entry({ ...header, type: 'directory', mode: 0o755 });
      } else if ((unix & KIND) === SYMLINK) {
        const linkname = (await buffer(await stream(zip, entry))).toString('utf8');
        pack.entry({ ...header, type: 'symlink', linkname });
      } else {
        const mode = unix & PERMISSIONS || DEFAULT_MODE;
        await pipeline(await stream(zip, entry), pack.entry({ ...header, mode, size: entry.uncompressedSize }));
      }
    });
  }
}

type Visit = (entry: Entry, zip: ZipFile) => Promise<void>;

async function scan(path: string, visit: Visit): Promise<void> {
  const zip = await open(path, { lazyEntries: true, autoClose: false });
  try {
    await new Promise<void>((resolve, reject) => {
      zip.on('error', reject);
      zip.on('end', resolve);
      zip.on('entry', (entry: Entry) => {
        visit(entry, zip).then(() => zip.readEntry(), reject);
      });
      zip.readEntry();
    });
  } finally {
    zip.close();
  }
}

function stream(zip: ZipFile, entry: Entry): Promise<NodeJS.ReadableStream> {
  return new Promise((resolve, reject) =>
    zip.openReadStream(entry, (error: Error | null, readable) => {
      if (error) reject(error);
      else resolve(readable);
    }),
  );
}
