import { createHash } from 'node:crypto';
import type Docker from 'dockerode';
import { putFiles, removeContainer, statusCode, type FileEntry } from '../cell/engine';
import { LABEL } from '../cell/labels';

/** The hash of what a container was created from; it is replaced if the hash changes. */
export const REVISION_LABEL = 'space-egress.revision';

export interface SupportContainerSpec {
  readonly name: string;
  readonly foundation: string;
  readonly role: 'registry' | 'internet';
  readonly volume: string;
  readonly options: Docker.ContainerCreateOptions;
}

export function revisionOf(spec: object): string {
  return createHash('sha256').update(JSON.stringify(spec)).digest('hex');
}

/**
 * Ensures that a container of the foundation's own exists as specified, and runs. It has no restart policy, and its own
 * volume, so it never sees the foundation's keys. `files` are copied into it before each start; changes take effect
 * with the next one.
 */
export async function ensureSupportContainer(
  docker: Docker,
  spec: SupportContainerSpec,
  files: () => Promise<readonly FileEntry[]>,
): Promise<Docker.Container> {
  const revision = revisionOf(spec);
  const container = docker.getContainer(spec.name);
  const found = await inspect(container);
  if (found?.State.Running && found.Config.Labels[REVISION_LABEL] === revision) return container;
  const labels = { [LABEL.foundation]: spec.foundation, [LABEL.role]: spec.role };
  if (found) {
    requireOwn(found, spec);
    await removeContainer(docker, found.Id);
  }
  await docker.createVolume({ Name: spec.volume, Labels: labels });
  const created = await docker.createContainer({
    ...spec.options,
    name: spec.name,
    Labels: { ...labels, [REVISION_LABEL]: revision },
  });
  const entries = await files();
  if (entries.length > 0) await putFiles(created, '/', entries);
  await created.start();
  return container;
}

async function inspect(container: Docker.Container): Promise<Docker.ContainerInspectInfo | undefined> {
  try {
    return await container.inspect();
  } catch (error) {
    if (statusCode(error) === 404) return undefined;
    throw error;
  }
}

function requireOwn(found: Docker.ContainerInspectInfo, { name, foundation }: SupportContainerSpec): void {
  if (found.Config.Labels[LABEL.foundation] !== foundation) {
    throw new Error(`container ${name} is in the way and does not belong to this foundation: remove or rename it`);
  }
}
