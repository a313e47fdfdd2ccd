import type Docker from 'dockerode';
import type { ImageFacts } from './cell';
import { engineMessage, followProgress } from './engine';
import { REGISTRY_SILENCE_MS } from '../limits';

export interface Credentials {
  readonly username: string;
  readonly password: string;
}

/** Adds the tag `latest` if there is none, since the engine would pull all tags of the repository. */
export function fullReference(image: string): string {
  const name = image.slice(image.lastIndexOf('/') + 1);
  return name.includes(':') || name.includes('@') ? image : `${image}:latest`;
}

/** The registry of a reference, by default Docker Hub's. */
export function registryOf(image: string): string {
  const [host = '', rest] = image.split('/', 2);
  const isHost = rest !== undefined && (host === 'localhost' || /[.:]/.test(host));
  return isHost ? host : 'https://index.docker.io/v1/';
}

interface PullEvent {
  readonly error?: string;
}

export async function pullImage(
  docker: Docker,
  image: string,
  credentials?: Credentials,
  silence = REGISTRY_SILENCE_MS,
): Promise<void> {
  const abort = new AbortController();
  const giveUp = setTimeout(() => abort.abort(), silence);
  const authentication = credentials && { authconfig: { ...credentials, serveraddress: registryOf(image) } };
  try {
    const progress = await docker.pull(fullReference(image), { ...authentication, abortSignal: abort.signal });
    const events = await followProgress<PullEvent>(docker, progress, () => giveUp.refresh());
    // A pull that fails halfway says so in an event only; the stream ends without an error.
    const failure = events.find((event) => event.error)?.error;
    if (failure !== undefined) throw new Error(failure);
  } catch (error) {
    const reason = abort.signal.aborted
      ? `${registryOf(image)} sent nothing for ${silence / 1000} s`
      : engineMessage(error);
    throw new Error(
      `failed to pull image ${JSON.stringify(image)}: ${reason}; check its name and tag, the credentials, and that the ` +
        'container engine can reach the registry',
      { cause: error },
    );
  } finally {
    clearTimeout(giveUp);
  }
}

/** The engine omits, or sends as null, what an image does not set. */
interface ImageConfig {
  readonly ExposedPorts?: Readonly<Record<string, unknown>> | null;
  readonly Entrypoint?: readonly string[] | string | null;
  readonly Cmd?: readonly string[] | null;
  readonly User?: string;
  readonly WorkingDir?: string;
}

export function imageFacts(config: ImageConfig): ImageFacts {
  return {
    ports: exposedTcpPorts(Object.keys(config.ExposedPorts ?? {})),
    entrypoint: asList(config.Entrypoint),
    cmd: config.Cmd ?? [],
    user: config.User ?? '',
    workdir: config.WorkingDir ?? '',
  };
}

function exposedTcpPorts(exposed: readonly string[]): number[] {
  return exposed
    .map((text) => text.split('/'))
    .filter(([, protocol = 'tcp']) => protocol === 'tcp')
    .map(([port]) => Number(port))
    .sort((a, b) => a - b);
}

function asList(value: readonly string[] | string | null = []): readonly string[] {
  return typeof value === 'string' ? [value] : (value ?? []);
}
