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
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { randomUUID } from 'node:crypto';
import { dirname, join, relative, sep } from 'node:path';
import { type Files, newestOf } from '../chain';
import { bytesOf, HEAD, hashOf, type Head, recordName, resultName } from '../record';
import { type Entry, type Store, StoreError, tipOf } from './store';

/** A local or mounted folder. */
export class FolderStore implements Store {
  constructor(private readonly folder: string) {}

  async open(): Promise<Files> {
    return this.using(() => {
      const files = folderFiles(this.folder);
      const names = files.list();
      return { ...files, list: () => names };
    });
  }

  async tip(): Promise<Head> {
    return this.using(() => {
      const tip = this.readTip();
      // The first writer may have been killed before it wrote the head. With a second record, a missing head would look removed.
      if (tip.records > 0 && !existsSync(join(this.folder, HEAD))) this.seal();
      return tip;
    });
  }

  /**
   * A hard link to a complete file claims the record's name, which only one of several writers gets. Files written
   * before it, and the head after it, count for nothing by themselves, so a writer may be interrupted at any point.
   */
  async add({ head, record, result }: Entry): Promise<boolean> {
    return this.using(() => {
      const name = resultName(hashOf(result));
      if (!existsSync(join(this.folder, name))) this.place(name, result);
      const added = this.place(recordName(head.records), record);
      if (added) this.seal();
      return added;
    });
  }

  /** Node's own messages name neither the store nor a remedy. */
  private async using<T>(call: () => T): Promise<T> {
    try {
      return await Promise.resolve(call());
    } catch (error) {
      const { syscall, message } = error as NodeJS.ErrnoException;
      if (syscall === undefined) throw error;
      throw new StoreError(
        `${this.folder} can't be used (${message}): give a folder that this account can write to, on a disk with room`,
      );
    }
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

  /** Repeats until nobody has added a record meanwhile: whoever looks last writes the last head. */
  private seal(): void {
    let seen: number;
    do {
      seen = this.newest();
      this.replaceHead(bytesOf(this.readTip()));
      flush(this.folder);
    } while (seen !== this.newest());
  }

  private replaceHead(bytes: Uint8Array): void {
    const part = this.write(HEAD, bytes);
    try {
      renameSync(part, join(this.folder, HEAD));
    } catch (error) {
      unlinkSync(part);
      throw error;
    }
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
    } catch (error) {
      unlinkSync(part);
      throw error;
    } finally {
      closeSync(file);
    }
    return part;
  }

  private readTip(): Head {
    const files = folderFiles(this.folder);
    // Listed before the head is read: a head that others write meanwhile is never missing for records that are listed.
    const names = files.list();
    return tipOf(names, (name) => files.read(name), files.read(HEAD));
  }
}

/** Flushes a folder's entries, so that names survive a crash of the machine as the files do. */
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
      // A pipe would never end, and a folder is not a record.
      return statSync(file, { throwIfNoEntry: false })?.isFile() === true ? readFileSync(file) : undefined;
    },
  };
}
