import { execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import type { Variables } from './providers';

/** A folder or file of the host, at a path in the container; read-only unless specified. */
export interface Mount {
  readonly from: string;
  readonly to: string;
  readonly writable?: boolean;
}

export interface Program {
  readonly command: readonly string[];
  readonly env: Variables;
  readonly mounts: readonly Mount[];
  readonly cwd?: string;
  /** Additional groups of the container's user. */
  readonly groups?: readonly number[];
}

const CERTIFICATES = '/etc/ssl/certs';
/** Two blocks of zeros end an archive. */
const EMPTY_ARCHIVE = Buffer.alloc(1024);
const MINUTES_10 = 600_000;
const LARGEST_OUTPUT = 256 * 2 ** 20;

/**
 * Runs statically linked programs, each in a container that has nothing but what it is given: no shell, no files of the
 * host, and no other processes to inspect. The network is the host's.
 */
export class Containers {
  private readonly image = uniqueName();
  private readonly names: string[] = [];

  static async start(): Promise<Containers> {
    const containers = new Containers();
    await docker(['import', '-', containers.image], { input: EMPTY_ARCHIVE });
    return containers;
  }

  /** Stops what still runs and removes everything. */
  async remove(): Promise<void> {
    if (this.names.length > 0) await docker(['rm', '--force', ...this.names]).catch(() => undefined);
    await docker(['image', 'rm', this.image]);
  }

  /** Returns what it prints; its standard error is discarded. */
  run(program: Program): Promise<string> {
    return docker(this.args(program), { env: program.env });
  }

  /** Starts a program that keeps running, and waits until it prints something. */
  async startUntil(program: Program, pattern: RegExp): Promise<string> {
    const child = spawn('docker', this.args(program), {
      env: { ...own(), ...program.env },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    let printed = '';
    return new Promise((resolve, reject) => {
      child.stdout.on('data', (chunk: Buffer) => {
        printed += chunk.toString();
        const found = pattern.exec(printed);
        if (found?.[1] !== undefined) resolve(found[1]);
      });
      child.on('error', reject).on('exit', (code) => {
        reject(new Error(`it ended with ${String(code)}`));
      });
    });
  }

  private args({ command, env, mounts, cwd = '/', groups = [] }: Program): readonly string[] {
    const name = uniqueName();
    this.names.push(name);
    const certificates = existsSync(CERTIFICATES) ? [{ from: CERTIFICATES, to: CERTIFICATES }] : [];
    return [
      ...['run', '--rm', '--name', name, '--network', 'host', '--read-only', '--tmpfs', '/tmp', '--workdir', cwd],
      ...['--cap-drop', 'ALL', '--security-opt', 'no-new-privileges', '--pids-limit', '1024', '--memory', '4g'],
      ...['--user', `${process.getuid?.() ?? 65534}:${process.getgid?.() ?? 65534}`],
      ...groups.flatMap((group) => ['--group-add', String(group)]),
      ...[...certificates, ...mounts].flatMap((mount) => ['--mount', written(mount)]),
      // Pass names only, so that no value appears in a list of processes.
      ...Object.keys(env).flatMap((each) => ['--env', each]),
      ...[this.image, ...command],
    ];
  }
}

function written({ from, to, writable }: Mount & { readonly writable?: boolean }): string {
  return ['type=bind', `"source=${from}"`, `"target=${to}"`, ...(writable === true ? [] : ['readonly'])].join(',');
}

function uniqueName(): string {
  return `space-egress-plan-${process.pid}-${randomBytes(6).toString('hex')}`;
}

/** The environment that Docker's own command needs. */
function own(): NodeJS.ProcessEnv {
  const { PATH, HOME, DOCKER_HOST } = process.env;
  return { PATH, HOME, ...(DOCKER_HOST !== undefined && { DOCKER_HOST }) };
}

/** The error contains only the exit code, because the output may contain secrets. */
function docker(
  args: readonly string[],
  { env = {}, input }: { readonly env?: Variables; readonly input?: Buffer } = {},
): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { env: { ...own(), ...env }, timeout: MINUTES_10, maxBuffer: LARGEST_OUTPUT };
    const child = execFile('docker', args, options, (error, stdout) => {
      if (error === null) resolve(stdout);
      else reject(new Error(`docker ${args[0] ?? ''} ended with ${String(error.code ?? error.signal)}`));
    });
    child.stdin?.on('error', () => undefined).end(input);
  });
}
