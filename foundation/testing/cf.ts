import { execFile, execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { REPOSITORY } from '../../tools/platform';
import type { Foundation } from './harness';

/** What a person sees, on both streams, and the exit code. */
export interface Seen {
  readonly text: string;
  /** On the stream of errors alone. */
  readonly error: string;
  readonly code: number;
}

/** The real client: `CF_CLI`, the one in the PATH, or the one that lies beside the checkout; undefined elsewhere. */
export function findCf(): string | undefined {
  const beside = [process.env.CF_CLI, join(REPOSITORY, '..', 'shared', 'clients', 'cf')];
  return beside.find((file) => file !== undefined && existsSync(file)) ?? inPath();
}

function inPath(): string | undefined {
  try {
    return execFileSync('sh', ['-c', 'command -v cf'], { encoding: 'utf8' }).trim();
  } catch {
    return undefined;
  }
}

/** One person's client, with a home of its own. */
export class Cf {
  private readonly home = mkdtempSync(join(tmpdir(), 'cf-'));

  constructor(private readonly program: string) {}

  /** Logs the deployer in, to a space of the demo's organization. */
  async target({ url, credentials }: Pick<Foundation['service'], 'url' | 'credentials'>, space: string): Promise<void> {
    const { username, password } = credentials.deployer;
    await this.run('api', url);
    await this.run('auth', username, password);
    await this.run('target', '-o', 'egress-demo', '-s', space);
  }

  private get env(): NodeJS.ProcessEnv {
    return { ...process.env, CF_HOME: this.home, CF_PLUGIN_HOME: this.home, CF_COLOR: 'false', LANG: 'en_US.UTF-8' };
  }

  /** The foundation answers from this process, so the client runs beside it. */
  run(...args: readonly string[]): Promise<Seen> {
    return this.type('', ...args);
  }

  /** With what is typed when it asks. */
  type(input: string, ...args: readonly string[]): Promise<Seen> {
    return new Promise((done) => {
      const child = execFile(this.program, args, { env: this.env, timeout: 60_000 }, (error, stdout, stderr) => {
        done({ text: `${stdout}${stderr}`, error: stderr, code: error === null ? 0 : Number(error.code ?? 1) });
      });
      // The client may exit without reading its input.
      child.stdin?.on('error', () => undefined);
      child.stdin?.end(input);
    });
  }

  /** One that goes on until it is ended. */
  start(...args: readonly string[]): ChildProcess {
    return spawn(this.program, args, { env: this.env, stdio: 'ignore' });
  }

  close(): void {
    rmSync(this.home, { recursive: true, force: true });
  }
}
