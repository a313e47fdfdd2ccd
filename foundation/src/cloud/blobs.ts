import { existsSync, linkSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { State } from './state';

const EXTENSIONS = { packages: 'zip', droplets: 'tgz' } as const;
type BlobKind = keyof typeof EXTENSIONS;

/** Files on the volume: pushed packages and staged droplets. */
export class Blobs {
  public constructor(private readonly folder: string) {
    for (const kind of Object.keys(EXTENSIONS)) mkdirSync(join(folder, kind), { recursive: true });
  }

  public path(kind: BlobKind, guid: string): string {
    return join(this.folder, kind, `${guid}.${EXTENSIONS[kind]}`);
  }

  /** Stores the same file under another name. Does nothing if there is no file, as for the droplet of an image. */
  public copy(kind: BlobKind, from: string, to: string): void {
    if (existsSync(this.path(kind, from))) linkSync(this.path(kind, from), this.path(kind, to));
  }

  /** Removes the files of rows that are gone. */
  public remove(rows: readonly { readonly kind: string; readonly guid: string }[]): void {
    for (const { kind, guid } of rows) {
      if (kind === 'packages' || kind === 'droplets') rmSync(this.path(kind, guid), { force: true });
    }
  }

  /** On start, removes what an interrupted run left behind, such as half an upload. */
  public sweep(state: State): void {
    for (const kind of Object.keys(EXTENSIONS) as BlobKind[]) {
      for (const name of readdirSync(join(this.folder, kind))) {
        if (!state[kind].get(name.split('.')[0])) {
          rmSync(join(this.folder, kind, name), { force: true, recursive: true });
        }
      }
    }
  }
}
