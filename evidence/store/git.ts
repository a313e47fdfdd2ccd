import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Files } from '../chain';
import { bytesOf, HEAD, hashOf, type Head, recordName, resultName } from '../record';
import { folderFiles } from './folder';
import { type Entry, type Store, StoreError, tipOf } from './store';

const REMOTE = 'origin';
const AUTHOR = {
  GIT_AUTHOR_NAME: 'space-egress',
  GIT_AUTHOR_EMAIL: 'space-egress@localhost',
  GIT_COMMITTER_NAME: 'space-egress',
  GIT_COMMITTER_EMAIL: 'space-egress@localhost',
};

/**
 * A branch of a repository, used for nothing else. A record is a commit with everything that belongs to it, and is
 * pushed to `origin` if there is one: a second writer is refused there and retries after the first.
 */
export class GitStore implements Store {
  private readonly branch: string;

  constructor(
    private readonly repository: string,
    name: string,
  ) {
    this.branch = `refs/heads/${name}`;
    try {
      this.git(['check-ref-format', this.branch]);
    } catch {
      throw new StoreError(`"${name}" is not the name of a branch: write git:BRANCH, as in git:evidence`);
    }
  }

  open(): Promise<Files> {
    const commit = this.fetched();
    if (commit === '') return Promise.resolve({ list: () => [], read: () => undefined });
    return Promise.resolve(this.inFolder(commit));
  }

  tip(): Promise<Head> {
    return Promise.resolve(this.tipAt(this.fetched()));
  }

  add({ head, record, result }: Entry): Promise<boolean> {
    const commit = this.fetched();
    // Another writer may have added a record since this one was created, which names its predecessor.
    if (this.tipAt(commit).records !== head.records - 1) return Promise.resolve(false);
    const files = [
      [recordName(head.records), record],
      [resultName(hashOf(result)), result],
      [HEAD, bytesOf(head)],
    ] as const;
    const index = mkdtempSync(join(tmpdir(), 'evidence-'));
    try {
      const env = { GIT_INDEX_FILE: join(index, 'index') };
      if (commit !== '') this.git(['read-tree', commit], { env });
      for (const [name, bytes] of files) {
        const blob = this.git(['hash-object', '-w', '--stdin'], { input: bytes });
        this.git(['update-index', '--add', '--cacheinfo', `100644,${blob},${name}`], { env });
      }
      const parent = commit === '' ? [] : ['-p', commit];
      const message = `Record ${head.records}`;
      const next = this.git(['commit-tree', this.git(['write-tree'], { env }), ...parent, '-m', message]);
      return Promise.resolve(this.move(commit, next));
    } finally {
      rmSync(index, { recursive: true, force: true });
    }
  }

  /** False if the branch is no longer at `before`. */
  private move(before: string, next: string): boolean {
    const isFirst = this.hasRemote()
      ? this.succeeds([
          'push',
          '--quiet',
          `--force-with-lease=${this.branch}:${before}`,
          REMOTE,
          `${next}:${this.branch}`,
        ])
      : this.succeeds(['update-ref', this.branch, next, before === '' ? NONE : before]);
    // Otherwise, the push was refused for a reason that a retry doesn't fix.
    if (!isFirst && this.fetched() === before) {
      throw new StoreError(
        `${this.branch} can't be written: check that this account may push to it (git said: ${this.said})`,
      );
    }
    return isFirst;
  }

  private said = '';

  private succeeds(args: readonly string[]): boolean {
    try {
      this.git(args);
      return true;
    } catch (error) {
      this.said = String((error as { stderr?: unknown }).stderr ?? error).trim();
      return false;
    }
  }

  private hasRemote(): boolean {
    return this.git(['remote']).split('\n').includes(REMOTE);
  }

  /** The commit of the shared branch; empty if there is no branch. */
  private fetched(): string {
    if (!this.hasRemote()) return this.commitIn(['for-each-ref', '--format=%(objectname)%09%(refname)', this.branch]);
    const commit = this.commitIn(['ls-remote', REMOTE, this.branch]);
    if (commit !== '') this.git(['fetch', '--quiet', '--no-tags', '--no-write-fetch-head', REMOTE, commit]);
    return commit;
  }

  /**
   * Both list what a pattern matches: also `refs/heads/x/refs/heads/evidence`, which anyone may push who may push any branch.
   */
  private commitIn(list: readonly string[]): string {
    const refs = this.git(list)
      .split('\n')
      .map((line) => line.split('\t'));
    return refs.find(([, name]) => name === this.branch)?.[0] ?? '';
  }

  private tipAt(commit: string): Head {
    const names = commit === '' ? [] : this.git(['ls-tree', '-r', '--name-only', '-z', commit]).split('\0');
    const read = (name: string): Uint8Array | undefined => (names.includes(name) ? this.blob(commit, name) : undefined);
    return tipOf(names, read, read(HEAD));
  }

  private blob(commit: string, name: string): Uint8Array {
    return execFileSync('git', ['cat-file', 'blob', `${commit}:${name}`], { cwd: this.repository, maxBuffer: MOST });
  }

  /** All files at once, because a process for each would take minutes. */
  private inFolder(commit: string): Files {
    const folder = mkdtempSync(join(tmpdir(), 'evidence-'));
    process.once('exit', () => {
      rmSync(folder, { recursive: true, force: true });
    });
    const env = { GIT_INDEX_FILE: join(folder, 'index') };
    const files = join(folder, 'files');
    this.git(['read-tree', commit], { env });
    mkdirSync(files);
    // As stored, regardless of how this machine or the attributes of the checked-out branch treat line ends.
    this.git([`--work-tree=${files}`, ...AS_STORED, 'checkout-index', '--all'], { env });
    return folderFiles(files);
  }

  private git(args: readonly string[], { env = {}, input }: { env?: object; input?: Uint8Array } = {}): string {
    return execFileSync('git', [...args], {
      cwd: this.repository,
      env: { ...process.env, ...AUTHOR, ...env },
      input,
      encoding: 'utf8',
      maxBuffer: MOST,
      stdio: ['pipe', 'pipe', 'pipe'],
    }).trim();
  }
}

const AS_STORED = ['-c', 'core.autocrlf=false', '-c', 'core.attributesFile=/dev/null'];
const NONE = '0'.repeat(40);
const MOST = 2 ** 28;
