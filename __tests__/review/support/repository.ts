import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import type { Action } from '../../support/workflow';

const IDENTITY = { GIT_AUTHOR_NAME: 'test', GIT_AUTHOR_EMAIL: 'test@example.gov' };
const COMMITTER = { GIT_COMMITTER_NAME: 'test', GIT_COMMITTER_EMAIL: 'test@example.gov' };

/** A repository with a default branch, one pull request, and the artifacts of its workflows. */
export class Repository {
  readonly folder = mkdtempSync(join(tmpdir(), 'review-repository-'));
  private readonly origin = join(this.folder, 'origin');
  private readonly artifacts = join(this.folder, 'artifacts');
  /** The ref that a workflow checks out by default. */
  private ref = 'main';

  constructor(files: Readonly<Record<string, string>>) {
    mkdirSync(this.origin);
    this.git('init', '--quiet', '--initial-branch', 'main');
    this.git('config', 'uploadpack.allowAnySHA1InWant', 'true');
    this.commit(files);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Commits to the pull request's branch, and creates a merge commit as GitHub does. */
  push(files: Readonly<Record<string, string>>): string {
    const exists = this.git('branch', '--list', 'change') !== '';
    this.git('checkout', '--quiet', ...(exists ? ['change'] : ['-b', 'change']));
    this.commit(files);
    const head = this.git('rev-parse', 'HEAD');
    this.git('checkout', '--quiet', '--detach', 'main');
    this.git('merge', '--quiet', '--no-ff', '--message', 'Merge', head);
    this.git('update-ref', 'refs/pull/7/merge', 'HEAD');
    this.git('checkout', '--quiet', 'main');
    return head;
  }

  /** A pull request's workflow starts from its merge commit, and a default branch's workflow from that branch. */
  startFrom(ref: 'main' | 'refs/pull/7/merge'): void {
    this.ref = ref;
  }

  checkOut(folder: string, depth = '1'): void {
    mkdirSync(folder, { recursive: true });
    const git = (...args: string[]): unknown => execFileSync('git', args, { cwd: folder, stdio: 'pipe' });
    git('init', '--quiet');
    git('fetch', '--quiet', '--depth', depth, `file://${this.origin}`, this.ref);
    git('checkout', '--quiet', '--detach', 'FETCH_HEAD');
  }

  readonly actions: Readonly<Record<string, Action>> = {
    'actions/checkout': ({ path = '.', 'fetch-depth': depth }, workspace) => {
      this.checkOut(join(workspace, path), depth);
    },
    'actions/upload-artifact': ({ name = '', path = '' }, workspace) => {
      rmSync(join(this.artifacts, name), { recursive: true, force: true });
      cpSync(resolve(workspace, path), join(this.artifacts, name), { recursive: true });
    },
    'actions/download-artifact': ({ name = '', path = '' }, workspace) => {
      cpSync(join(this.artifacts, name), resolve(workspace, path), { recursive: true });
    },
  };

  private commit(files: Readonly<Record<string, string>>): void {
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(dirname(join(this.origin, path)), { recursive: true });
      writeFileSync(join(this.origin, path), content);
    }
    this.git('add', '--all');
    this.git('commit', '--quiet', '--message', 'Change it');
  }

  private git(...args: string[]): string {
    const env = { ...process.env, ...IDENTITY, ...COMMITTER };
    return execFileSync('git', args, { cwd: this.origin, env, encoding: 'utf8' }).trim();
  }
}

/** Stores one state for the backend `http`. */
export class StateServer {
  private constructor(
    private readonly server: Server,
    private state: string,
  ) {
    server.on('request', (request, response) => {
      if (request.method === 'GET') {
        response.writeHead(this.state === '' ? 404 : 200).end(this.state);
        return;
      }
      let body = '';
      request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
      request.on('end', () => {
        this.state = body;
        response.end();
      });
    });
  }

  /** @param state the initial state, from another server */
  static async start(state = ''): Promise<StateServer> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new StateServer(server, state);
  }

  get content(): string {
    return this.state;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/state`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
