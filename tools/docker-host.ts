import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { DockerOptions } from 'dockerode';
import { Failure } from './failure';

/** An address where a container engine may listen, and where the address comes from. */
export interface DockerHost {
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

/** Options for the client library. */
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
