import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import Docker, { type DockerOptions } from 'dockerode';
import { acquire, lookFor, type Outlook, type Way } from './acquire';
import { cacheRoot } from './cache';
import { findOnPath } from './command';
import { startDaemon, stopDaemon } from './container-daemon';
import { codeOf, Failure } from './failure';
import { canInstallPackages, installPackages } from './platform';
import { type Report, silent } from './progress';

/** An address where a container engine may listen, and where the address comes from. */
interface DockerHost {
  /** `unix:///path` or `tcp://host:port`. */
  readonly address: string;
  readonly origin: string;
}

interface DockerClientConfig {
  readonly currentContext?: string;
}

interface DockerContext {
  readonly Endpoints?: { readonly docker?: { readonly Host?: string } };
}

function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

/** The address in the docker command's current context; undefined for `default`, which means the usual socket. */
function contextHost(env: NodeJS.ProcessEnv, home: string): DockerHost | undefined {
  const folder = env.DOCKER_CONFIG ?? join(home, '.docker');
  const config = readJson(join(folder, 'config.json')) as DockerClientConfig | undefined;
  const name = env.DOCKER_CONTEXT ?? config?.currentContext;
  if (name === undefined || name === '' || name === 'default') return undefined;
  const id = createHash('sha256').update(name).digest('hex');
  const context = readJson(join(folder, 'contexts', 'meta', id, 'meta.json')) as DockerContext | undefined;
  const address = context?.Endpoints?.docker?.Host;
  return address === undefined ? undefined : { address, origin: `docker context "${name}"` };
}

/**
 * Addresses to try, in order. If a variable or context gives one, that is the user's decision and nothing else is
 * tried, because another engine wouldn't have the user's images and networks.
 */
export function dockerHosts(env: NodeJS.ProcessEnv = process.env, home: string = env.HOME ?? homedir()): DockerHost[] {
  if (env.DOCKER_HOST !== undefined && env.DOCKER_HOST !== '') {
    return [{ address: env.DOCKER_HOST, origin: 'DOCKER_HOST' }];
  }
  const context = contextHost(env, home);
  if (context !== undefined) return [context];
  const sockets = [
    '/var/run/docker.sock',
    join(home, '.docker', 'run', 'docker.sock'),
    ...(env.XDG_RUNTIME_DIR === undefined ? [] : [join(env.XDG_RUNTIME_DIR, 'docker.sock')]),
  ];
  return sockets.map((path) => ({ address: `unix://${path}`, origin: 'the usual socket' }));
}

/** The path of a host's socket, or undefined for a host on the network. */
const socketOf = (address: string): string | undefined =>
  address.startsWith('unix://') ? address.slice('unix://'.length) : undefined;

export function dockerOptions(address: string): DockerOptions {
  const socketPath = socketOf(address);
  if (socketPath !== undefined) return { socketPath };
  const url = /^tcp:\/\/[^/]+$/.test(address) ? new URL(address.replace('tcp:', 'http:')) : undefined;
  if (url === undefined) {
    throw new Failure(
      `the container engine's address "${address}" can't be used`,
      'it is neither unix:///PATH nor tcp://HOST:PORT',
      'set DOCKER_HOST to one of these forms, or unset it for the usual socket',
    );
  }
  // A foundation publishes its ports on the engine's loopback, so only a local engine works.
  return { protocol: 'http', host: url.hostname, port: Number(url.port || '2375') };
}

export interface ContainerEngine {
  readonly address: string;
  readonly origin: string;
  readonly version: string;
  readonly apiVersion: string;
  readonly os: string;
  /** The processor of its containers, by Go's name. */
  readonly arch: string;
}

export type Answer = 'answers' | 'denied' | 'refused' | 'absent';

/** Why there is no container engine. */
type Lack = 'no permission' | 'not running' | 'not installed';

const ANSWERS_BY_CODE: Readonly<Record<string, Answer>> = { EACCES: 'denied', EPERM: 'denied', ENOENT: 'absent' };

/** What an error code says about the address: a socket without a listener refuses, like a closed port. */
export const answerOf = (code: string | undefined): Answer => ANSWERS_BY_CODE[code ?? ''] ?? 'refused';

/**
 * The cause that is easiest to fix: first what needs one command, then what needs a start, then what needs an
 * installation.
 */
export function diagnose(answers: readonly Answer[], installed: boolean): Lack {
  if (answers.includes('denied')) return 'no permission';
  return installed || answers.includes('refused') ? 'not running' : 'not installed';
}

const WHY: Readonly<Record<Lack, string>> = {
  'no permission': 'it is running, but this user may not open its socket',
  'not running': 'it is installed, but not running',
  'not installed': 'none was found',
};

const REMEDIES: Readonly<Record<Lack, string>> = {
  'no permission': 'add yourself to its group ("sudo usermod -aG docker $USER", then log in again)',
  'not running': 'start it: Docker Desktop from its menu, the service with "sudo systemctl start docker"',
  'not installed': 'install Docker Engine (https://docs.docker.com/engine/install) or Docker Desktop, and start it',
};

type Attempt = { readonly engine: ContainerEngine } | { readonly answer: Exclude<Answer, 'answers'> };

async function attempt({ address, origin }: DockerHost): Promise<Attempt> {
  const docker = new Docker({ ...dockerOptions(address), timeout: 10_000 });
  try {
    const { Version: version, ApiVersion: apiVersion, Os: os, Arch: arch } = await docker.version();
    return { engine: { address, origin, version, apiVersion, os, arch } };
  } catch (error) {
    const answer = answerOf(codeOf(error));
    return { answer: answer === 'answers' ? 'refused' : answer };
  }
}

interface Search {
  readonly engine?: ContainerEngine;
  readonly lack: Lack;
}

export async function searchContainerEngine(env: NodeJS.ProcessEnv = process.env): Promise<Search> {
  const answers: Answer[] = [];
  for (const address of dockerHosts(env)) {
    const result = await attempt(address);
    if ('engine' in result) return { engine: result.engine, lack: 'not running' };
    answers.push(result.answer);
  }
  return {
    lack: diagnose(
      answers,
      ['dockerd', 'docker'].some((name) => findOnPath(name, env) !== undefined),
    ),
  };
}

/** The failure if an engine is missing and can't be installed. */
export function lackOfEngine(lack: Lack, env: NodeJS.ProcessEnv = process.env): Failure {
  const asked = dockerHosts(env).map(({ address }) => address);
  return new Failure('no container engine', `${WHY[lack]} (tried ${asked.join(', ')})`, REMEDIES[lack]);
}

async function makeEngine(report: Report): Promise<ContainerEngine> {
  if (findOnPath('dockerd') === undefined) await installPackages(['docker.io'], report);
  // The package's own scripts start the service if there is a service manager.
  const installed = await searchContainerEngine();
  if (installed.engine !== undefined) return installed.engine;
  report('start dockerd');
  await startDaemon({ stateFolder: daemonState() });
  const { engine, lack } = await searchContainerEngine();
  if (engine === undefined) throw lackOfEngine(lack);
  return engine;
}

/** Where the container engine that we started is recorded. */
const daemonState = (): string => `${cacheRoot()}/state`;

/**
 * An engine is installed only as root on Debian; everywhere else, that is the owner's decision. A given address is
 * never replaced.
 */
function waysToContainerEngine(env: NodeJS.ProcessEnv = process.env): Way<ContainerEngine>[] {
  const find: Way<ContainerEngine> = {
    plan: 'use the running one',
    find: async () => (await searchContainerEngine(env)).engine,
  };
  const named = dockerHosts(env).length === 1;
  if (named || !canInstallPackages()) return [find];
  const installed = findOnPath('dockerd', env) !== undefined;
  return [
    find,
    { plan: installed ? 'start dockerd' : 'apt-get install docker.io and start dockerd', make: makeEngine },
  ];
}

/** Looks without changing anything. */
export const lookForContainerEngine = (env: NodeJS.ProcessEnv = process.env): Promise<Outlook<ContainerEngine>> =>
  lookFor(waysToContainerEngine(env));

/** The container engine, installed and started where possible. */
export async function ensureContainerEngine(report: Report = silent): Promise<ContainerEngine> {
  const ways = waysToContainerEngine();
  if (ways.some((way) => way.make)) return acquire('a container engine', ways, REMEDIES['not installed'], report);
  const { engine, lack } = await searchContainerEngine();
  if (engine === undefined) throw lackOfEngine(lack);
  return engine;
}

/** Stops the container engine if we started it; resolves with whether we did. For `.ci/run`. */
export const stopContainerEngine = (): Promise<boolean> => stopDaemon(daemonState());
