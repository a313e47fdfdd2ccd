import type Docker from 'dockerode';
import { found, removeContainer, statusCode } from '../cell/engine';
import { LABEL } from '../cell/labels';
import { connectEngine } from './engine';
import { FOUNDATION_REPOSITORY, STACK_REPOSITORY } from './image';
import { containersIn, Inventory, labelsOf, removeNetwork } from './inventory';
import { DEFAULT_NAME, readPlan, requireName, resourceNames } from './plan';
import { type Progress, SILENT } from './progress';

export interface DownOptions {
  /** @default local */
  readonly name?: string;
  /**
   * Whether to also remove the images that foundations are made from, unless another still uses them.
   *
   * @default false
   */
  readonly purge?: boolean;
  readonly progress?: Progress;
}

/** Removes everything that a foundation has created: containers, networks, volumes, and images of its registry. */
export async function down(options: DownOptions = {}): Promise<void> {
  const { progress = SILENT, purge = false } = options;
  const name = requireName(options.name ?? DEFAULT_NAME);
  const { docker } = await progress.step('container engine', connectEngine, ({ version }) => `docker ${version}`);
  const inventory = new Inventory(docker, name);
  const registry = await registryPrefix(docker, name);
  await progress.step('containers', () => removeContainers(docker, inventory), count);
  await progress.step('volumes', () => removeVolumes(docker, inventory), count);
  const prefixes = [
    ...(registry === undefined ? [] : [registry]),
    ...(purge ? [`${FOUNDATION_REPOSITORY}:`, `${STACK_REPOSITORY}:`] : []),
  ];
  await progress.step('images', () => removeImages(docker, prefixes), count);
  // Last, since an engine may fail to remove networks.
  await progress.step(
    'networks',
    () => removeNetworks(docker, inventory),
    (text) => text,
  );
}

/** The prefix of images in the foundation's own registry, which are useless without it. */
async function registryPrefix(docker: Docker, name: string): Promise<string | undefined> {
  const volume = await found(docker.getVolume(resourceNames(name).volume).inspect());
  return volume && `localhost:${readPlan(name, labelsOf(volume)).ports.registry}/`;
}

const count = (things: number): string => `${things} removed`;

async function removeContainers(docker: Docker, inventory: Inventory): Promise<number> {
  let removed = 0;
  const isFoundation = (container: Docker.ContainerInfo): boolean => labelsOf(container)[LABEL.role] === 'foundation';
  // The foundation first, since it would restart the others. Lists again to find what it had started by then.
  for (let left = await inventory.containers(); left.length > 0; left = await inventory.containers()) {
    const first = left.filter(isFoundation);
    const batch = first.length > 0 ? first : left;
    await Promise.all(batch.map(({ Id }) => removeContainer(docker, Id)));
    removed += batch.length;
  }
  return removed;
}

/** A network that the engine can't remove is not a failure: the foundation is gone, and its next start reuses it. */
async function removeNetworks(docker: Docker, inventory: Inventory): Promise<string> {
  const networks = await inventory.networks();
  const left: string[] = [];
  for (const { Id, Name } of networks) {
    const network = docker.getNetwork(Id);
    // Only other people's containers can still be in it.
    for (const container of await containersIn(network)) {
      await found(network.disconnect({ Container: container, Force: true }));
    }
    if (!(await removeNetwork(network))) left.push(Name);
  }
  const removed = count(networks.length - left.length);
  return left.length === 0
    ? removed
    : `${removed}; ${left.join(', ')} left, since the engine counts containers in it that are gone: restart the engine ` +
        'and run this command again to remove it';
}

async function removeVolumes(docker: Docker, inventory: Inventory): Promise<number> {
  const volumes = await inventory.volumes();
  for (const { Name } of volumes) await found(docker.getVolume(Name).remove());
  return volumes.length;
}

async function removeImages(docker: Docker, prefixes: readonly string[]): Promise<number> {
  const images = await docker.listImages();
  const names = images
    .flatMap(({ RepoTags, RepoDigests }) => [...((RepoTags as string[] | null) ?? []), ...(RepoDigests ?? [])])
    .filter((name) => prefixes.some((prefix) => name.startsWith(prefix)));
  let removed = 0;
  for (const name of names) {
    try {
      await docker.getImage(name).remove();
      removed += 1;
    } catch (error) {
      // Already removed under another name, or used by another foundation.
      if (![404, 409].includes(statusCode(error) ?? 0)) throw error;
    }
  }
  return removed;
}

/** Stops the foundation itself. Its applications keep running, without DNS and routes, until it is up again. */
export async function stop(options: { readonly name?: string } = {}): Promise<void> {
  const name = requireName(options.name ?? DEFAULT_NAME);
  const { docker } = await connectEngine();
  try {
    await docker.getContainer(resourceNames(name).container).stop({ t: 10 });
  } catch (error) {
    if (statusCode(error) === 404) throw new Error(`there is no foundation ${name}: run "space-egress local up" first`);
    // 304: it was already stopped.
    if (statusCode(error) !== 304) throw error;
  }
}
