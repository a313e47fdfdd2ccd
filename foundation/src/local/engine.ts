import { createHash } from 'node:crypto';
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { homedir, hostname } from 'node:os';
import { join } from 'node:path';
import Docker from 'dockerode';

const ENGINE_SOCKET = '/var/run/docker.sock';

/** The parts of `docker info` that tell where the engine's own socket is. */
interface EngineFacts {
  readonly hostname: string;
  readonly operatingSystem: string;
}

/**
 * The path of the socket as the engine sees it, to mount into the foundation. An engine in a virtual machine (Docker
 * Desktop, Colima) has it in the usual place there, wherever the user's socket is.
 */
export function engineSocket(clientSocket: string | undefined, engine: EngineFacts, host: string): string {
  const elsewhere = engine.hostname !== host || engine.operatingSystem.startsWith('Docker Desktop');
  return clientSocket === undefined || elsewhere ? ENGINE_SOCKET : clientSocket;
}

/** The endpoint of the Docker CLI's current context, unless that is the default one. */
function contextEndpoint(home: string): string | undefined {
  try {
    const configDir = process.env.DOCKER_CONFIG ?? join(home, '.docker');
    const config = JSON.parse(readFileSync(join(configDir, 'config.json'), 'utf8')) as { currentContext?: string };
    const context = process.env.DOCKER_CONTEXT ?? config.currentContext;
    if (!context || context === 'default') return undefined;
    const id = createHash('sha256').update(context).digest('hex');
    const meta = JSON.parse(readFileSync(join(configDir, 'contexts', 'meta', id, 'meta.json'), 'utf8')) as {
      Endpoints?: { docker?: { Host?: string } };
    };
    return meta.Endpoints?.docker?.Host;
  } catch {
    return undefined;
  }
}

/** The socket of the user's container engine; `undefined` if DOCKER_HOST is not a socket. */
function clientSocket(): string | undefined {
  const home = homedir();
  const named = process.env.DOCKER_HOST ?? contextEndpoint(home);
  if (named !== undefined) return named.startsWith('unix://') ? named.slice('unix://'.length) : undefined;
  const usual = [ENGINE_SOCKET, join(home, '.docker', 'run', 'docker.sock')];
  return usual.find(existsSync) ?? ENGINE_SOCKET;
}

export interface Engine {
  readonly docker: Docker;
  /** The path to mount into the foundation. */
  readonly socket: string;
  readonly version: string;
}

/** Connects to the container engine, or says what is missing. */
export async function connectEngine(): Promise<Engine> {
  const socketPath = clientSocket();
  const docker = socketPath === undefined ? new Docker() : new Docker({ socketPath });
  try {
    const info = (await docker.info()) as { Name: string; OperatingSystem: string; ServerVersion: string };
    const facts = { hostname: info.Name, operatingSystem: info.OperatingSystem };
    const real = socketPath && realpathSync(socketPath);
    return { docker, socket: engineSocket(real, facts, hostname()), version: info.ServerVersion };
  } catch (error) {
    const where = socketPath ?? process.env.DOCKER_HOST ?? 'the default place';
    throw new Error(
      `no container engine at ${where} (${error instanceof Error ? error.message : String(error)}); install Docker and ` +
        'start it, or point DOCKER_HOST to it',
      { cause: error },
    );
  }
}
