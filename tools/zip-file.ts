import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, resolve, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { type Entry, open, type ZipFile } from 'yauzl';

/** A place for an entry: a path below the folder, and whether it is a program. Undefined leaves the entry out. */
type Placement = (name: string) => { readonly path: string; readonly program: boolean } | undefined;

type Visit = (entry: Entry, read: () => Promise<Readable>) => Promise<void>;

/** Visits the files of an archive one after the other. */
async function eachFile(zip: ZipFile, visit: Visit): Promise<void> {
  const openEntry = promisify((entry: Entry, done: (error: Error | null, stream?: Readable) => void) => {
    zip.openReadStream(entry, done as never);
  });
  const readEntry = async (entry: Entry): Promise<Readable> => (await openEntry(entry)) as Readable;
  await new Promise<void>((done, fail) => {
    zip.on('error', fail);
    zip.on('end', done);
    zip.on('entry', (entry: Entry) => {
      const visited = entry.fileName.endsWith('/') ? Promise.resolve() : visit(entry, () => readEntry(entry));
      visited.then(() => {
        zip.readEntry();
      }, fail);
    });
    zip.readEntry();
  });
}

const openZip = promisify((file: string, done: (error: Error | null, zip?: ZipFile) => void) => {
  open(file, { lazyEntries: true }, done as never);
});

/** Extracts an archive's files where `place` puts them; a path that leaves the folder is an error. */
export async function unzip(file: string, folder: string, place: Placement): Promise<void> {
  const root = resolve(folder);
  await eachFile((await openZip(file)) as ZipFile, async (entry, read) => {
    const placement = place(entry.fileName);
    if (placement === undefined) return;
    const path = resolve(root, placement.path);
    if (!path.startsWith(root + sep)) throw new Error(`${file} holds a file outside its folder: ${entry.fileName}`);
    await mkdir(dirname(path), { recursive: true });
    await pipeline(await read(), createWriteStream(path, { mode: placement.program ? 0o755 : 0o644 }));
  });
}

/**
 * The checksum that Go's checksum database keeps of a module's archive, whatever its compression.
 * @see https://go.dev/ref/mod#go-sum-files
 */
export async function goChecksum(file: string): Promise<string> {
  const lines: [name: string, line: string][] = [];
  await eachFile((await openZip(file)) as ZipFile, async (entry, read) => {
    const hash = createHash('sha256');
    await pipeline(await read(), hash);
    lines.push([entry.fileName, `${hash.digest('hex')}  ${entry.fileName}\n`]);
  });
  const sorted = lines.sort(([a], [b]) => (a < b ? -1 : 1)).map(([, line]) => line);
  return `h1:${createHash('sha256').update(sorted.join('')).digest('base64')}`;
}
