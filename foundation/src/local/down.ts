import type Docker from 'dockerode';
import { removeContainer, statusCode } from '../cell/engine';
import { LABEL } from '../cell/labels';
import { connectEngine } from './engine';
import { FOUNDATION_REPOSITORY, STACK_REPOSITORY } from './image';
import { found, Inventory, labelsOf } from './inventory';
import { DEFAULT_NAME, requireName, resourceNames } from './names';
import { containersIn, removeNetwork } from './network';
import { readPlan } from './plan';
import { SILENT, type Progress } from './progress';

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
