import { FolderStore } from './folder';
import { GitStore } from './git';
import type { Store } from './store';

/** A store by its name, as on the command line: a folder, or `git:BRANCH` of the repository here. */
export function storeAt(place: string): Store {
  const [, branch] = /^git:(.+)$/.exec(place) ?? [];
  return branch === undefined ? new FolderStore(place) : new GitStore(process.cwd(), branch);
}
