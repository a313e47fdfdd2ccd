import { execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Lock, LOCK_FILE } from '../admission/lock';
import {
  forEngine,
  forProvider,
  SEPARATE,
  type Variables,
  installedProviders,
  REATTACH,
  reattached,
  type InstalledProvider,
} from './providers';
import { InputError } from '../readers/input';

interface PlanInput {
  /** Folder with the admitted stack and the lock file of its providers, in which the engine works. */
  readonly stack: string;
  /** Path of the engine's binary. */
  readonly engine: string;
  readonly variables: Variables;
}

const STACK = '/stack';
const SOCKETS = '/sockets';
const DOCKER_SOCKET = '/var/run/docker.sock';

/**
 * Plans a stack and returns the plan as JSON. The engine evaluates the change's expressions in a container that has
 * only the stack and the program's variables. Each provider with an account runs in another container and shares a
 * socket with it.
 *
 * @throws {InputError} without any output, which may contain secrets
 */
export async function planned({ stack, engine, variables }: PlanInput): Promise<string> {
  const lock = lockIn(stack);
  const sockets = mkdtempSync(join(tmpdir(), 'space-egress-plan-'));
  const containers = await step('starting a container', () => Containers.start());
  try {
    await step('init', () => initialize(stack, engine, forEngine(variables)), remedyOf(lock));
    const providers = installedProviders(stack);
    const separate = providers.filter(({ name }) => SEPARATE.has(name));
    const attached = await step('starting the providers', () =>
      Promise.all(separate.map((provider) => attach(containers, provider, sockets, variables))),
    );
    const run = (...args: string[]): Promise<string> =>
      containers.run({
        command: ['/engine', ...args],
        cwd: STACK,
        env: {
          ...forEngine(variables),
          HOME: '/tmp',
          CHECKPOINT_DISABLE: '1',
          TF_REATTACH_PROVIDERS: JSON.stringify(Object.assign({}, ...attached)),
        },
        mounts: [
          { from: engine, to: '/engine' },
          { from: stack, to: STACK, writable: true },
          { from: sockets, to: SOCKETS, writable: true },
          ...providers.flatMap(({ elsewhere }): Mount[] =>
            elsewhere === undefined ? [] : [{ from: elsewhere, to: elsewhere }],
          ),
        ],
      });
    await step('plan', () => run('plan', '-input=false', '-lock=false', '-out=tfplan'));
    return await step('show', () => run('show', '-json', 'tfplan'));
  } finally {
    await containers.remove();
    for (const path of [sockets, join(stack, 'tfplan')]) rmSync(path, { recursive: true, force: true });
  }
}

function lockIn(stack: string): Lock {
  const file = join(stack, LOCK_FILE);
  if (existsSync(file)) return new Lock(readFileSync(file, 'utf8'));
  throw new InputError(
    `${file} does not exist: without it, a registry decides which provider runs; review-admit writes it`,
  );
}

function remedyOf(lock: Lock): string {
  const platform = `${process.platform}_${process.arch === 'x64' ? 'amd64' : process.arch}`;
  return (
    `; it accepts only providers in ${LOCK_FILE} (${lock.toString()}): if that has no hashes for ${platform}, add them ` +
    `on the default branch with 'providers lock -platform=${platform}'`
  );
}

/**
 * Downloads providers and reads the backend, both from the default branch; no expression of the change is evaluated.
 */
async function initialize(stack: string, engine: string, variables: Variables): Promise<void> {
  const { PATH, HOME, TF_CLI_CONFIG_FILE } = process.env;
  const env = { PATH, HOME, CHECKPOINT_DISABLE: '1', ...(TF_CLI_CONFIG_FILE !== undefined && { TF_CLI_CONFIG_FILE }) };
  await promisify(execFile)(engine, [`-chdir=${stack}`, 'init', '-input=false', '-lockfile=readonly'], {
    env: { ...env, ...variables },
  });
}

async function attach(
  containers: Containers,
  { address, name, program }: InstalledProvider,
  sockets: string,
  variables: Variables,
): Promise<Readonly<Record<string, unknown>>> {
  // The Docker provider looks for an engine even if it only reads a registry.
  const group = name === 'kreuzwerker/docker' ? statSync(DOCKER_SOCKET, { throwIfNoEntry: false })?.gid : undefined;
  const printed = await containers.startUntil(
    {
      command: ['/provider', '-debug'],
      env: { ...forProvider(name, variables), TMPDIR: SOCKETS, HOME: '/tmp' },
      mounts: [
        { from: program, to: '/provider' },
        { from: sockets, to: SOCKETS, writable: true },
        ...(group === undefined ? [] : [{ from: DOCKER_SOCKET, to: DOCKER_SOCKET }]),
      ],
      groups: group === undefined ? [] : [group],
    },
    REATTACH,
  );
  return reattached(address, printed);
}

async function step<T>(name: string, work: () => Promise<T>, remedy = ''): Promise<T> {
  try {
    return await work();
  } catch {
    throw new InputError(
      `the plan failed in '${name}': the output is hidden because it may contain secrets, so plan where you can read it${remedy}`,
    );
  }
}

/** A folder or file of the host, at a path in the container; read-only unless specified. */
interface Mount {
  readonly from: string;
  readonly to: string;
  readonly writable?: boolean;
}

interface Program {
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
class Containers {
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
