import { execFile, execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Foundation } from './harness';

/** A command's output, on both streams, and its exit code. */
export interface Seen {
  readonly text: string;
  /** Standard error only. */
  readonly error: string;
  readonly code: number;
}

/** Finds the real cf CLI: `CF_CLI`, one beside the checkout, or one in the PATH; `undefined` if there is none. */
export function findCf(): string | undefined {
  const beside = [process.env.CF_CLI, join(__dirname, '..', '..', '..', 'shared', 'clients', 'cf')];
  return beside.find((file) => file !== undefined && existsSync(file)) ?? inPath();
}

function inPath(): string | undefined {
  try {
    return execFileSync('sh', ['-c', 'command -v cf'], { encoding: 'utf8' }).trim();
  } catch {
    return undefined;
  }
}

/** The cf CLI of one user, with its own home folder. */
export class Cf {
  private readonly home = mkdtempSync(join(tmpdir(), 'cf-'));

  constructor(private readonly program: string) {}

  /** Logs in as the deployer, and targets a space of the demo's organization. */
  async target({ url, credentials }: Pick<Foundation['service'], 'url' | 'credentials'>, space: string): Promise<void> {
    const { username, password } = credentials.deployer;
    await this.run('api', url);
    await this.run('auth', username, password);
    await this.run('target', '-o', 'egress-demo', '-s', space);
  }

  private get env(): NodeJS.ProcessEnv {
    return { ...process.env, CF_HOME: this.home, CF_PLUGIN_HOME: this.home, CF_COLOR: 'false', LANG: 'en_US.UTF-8' };
  }

  /** Runs asynchronously, since the foundation answers from this process. */
  run(...args: readonly string[]): Promise<Seen> {
    return this.type('', ...args);
  }

  /** Runs a command with input for its prompts. */
  type(input: string, ...args: readonly string[]): Promise<Seen> {
    return new Promise((done) => {
      const child = execFile(this.program, args, { env: this.env, timeout: 60_000 }, (error, stdout, stderr) =>
        done({ text: `${stdout}${stderr}`, error: stderr, code: error === null ? 0 : Number(error.code ?? 1) }),
      );
      // The client may exit without reading its input.
      child.stdin?.on('error', () => undefined);
      child.stdin?.end(input);
    });
  }

  /** Starts a command that runs until it is stopped. */
  start(...args: readonly string[]): ChildProcess {
    return spawn(this.program, args, { env: this.env, stdio: 'ignore' });
  }

  close(): void {
    rmSync(this.home, { recursive: true, force: true });
  }
}
