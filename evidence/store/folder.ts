import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { randomUUID } from 'node:crypto';
import { dirname, join, relative, sep } from 'node:path';
import { type Files, newestOf } from '../chain';
import { bytesOf, HEAD, hashOf, type Head, readHead, recordName, resultName } from '../record';
import { type Entry, type Store, tipOf } from './store';

/** A folder of this machine, or one that it mounts. */
export class FolderStore implements Store {
  constructor(private readonly folder: string) {}

  open(): Promise<Files> {
    return Promise.resolve(folderFiles(this.folder));
  }

  tip(): Promise<Head> {
    return Promise.resolve(this.readTip());
  }

  /**
   * The record's name is taken by a link to a file that is whole, which one of several writers gets. What is written before it,
   * and the head behind it, count for nothing by themselves, so that a writer may be cut off anywhere.
   */
  add({ head, record, result }: Entry): Promise<boolean> {
    const name = resultName(hashOf(result));
    if (!existsSync(join(this.folder, name))) this.place(name, result);
    const added = this.place(recordName(head.records), record);
    if (added) this.seal();
    return Promise.resolve(added);
  }

  /** False if the name is taken. */
  private place(name: string, bytes: Uint8Array): boolean {
    const part = this.write(name, bytes);
    try {
      linkSync(part, join(this.folder, name));
      flush(dirname(part));
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
      throw error;
    } finally {
      unlinkSync(part);
    }
  }

  /** Until nobody has added one meanwhile: whoever looks last leaves the last head. */
  private seal(): void {
    let seen: number;
    do {
      seen = this.newest();
      renameSync(this.write(HEAD, bytesOf(this.readTip())), join(this.folder, HEAD));
      flush(this.folder);
    } while (seen !== this.newest());
  }

  private newest(): number {
    return newestOf(folderFiles(this.folder).list());
  }

  private write(name: string, bytes: Uint8Array): string {
    const part = join(this.folder, `${name}.${randomUUID()}.part`);
    mkdirSync(dirname(part), { recursive: true });
    const file = openSync(part, 'wx', 0o644);
    try {
      writeFileSync(file, bytes);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    return part;
  }

  private readTip(): Head {
    const files = folderFiles(this.folder);
    const head = files.read(HEAD);
    return tipOf(files.list(), (name) => files.read(name), head === undefined ? undefined : readHead(head));
  }
}

/** A folder's entries, so that a name survives the machine's crash as the file does. */
function flush(folder: string): void {
  const handle = openSync(folder, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

export function folderFiles(folder: string): Files {
  return {
    list: () =>
      existsSync(folder)
        ? readdirSync(folder, { recursive: true, withFileTypes: true })
            .filter((entry) => !entry.isDirectory())
            .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'))
        : [],
    read: (name) => {
      const file = join(folder, name);
      return existsSync(file) ? readFileSync(file) : undefined;
    },
  };
}
