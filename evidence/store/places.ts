import { FolderStore } from './folder';
import { GitStore } from './git';
import { S3Store } from './s3';
import type { Store } from './store';

/**
 * The store with a name from the command line: a folder, `git:BRANCH` of the current repository, or
 * `s3://BUCKET/PREFIX`.
 */
export function storeAt(place: string): Store {
  const [, kind, rest = ''] = /^(git:|s3:\/\/)(.+)$/.exec(place) ?? [];
  if (kind === 'git:') return new GitStore(process.cwd(), rest);
  return kind === undefined ? new FolderStore(place) : new S3Store(rest);
}
