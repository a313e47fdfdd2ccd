import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Lock, LOCK_FILE } from '../admission/lock';
import { InputError } from '../readers/input';
import { Containers, type Mount } from './container';
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

export interface PlanInput {
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
