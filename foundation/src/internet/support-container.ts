import { createHash } from 'node:crypto';
import type Docker from 'dockerode';
import { putFiles, removeContainer, statusCode, type FileEntry } from '../cell/engine';
import { LABEL } from '../cell/labels';

/** Of what a container was made from; another value, and it is replaced. */
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
 * A container that the foundation runs beside the applications: there, as specified and running when this resolves. It
 * has no restart policy and a volume of its own, so that it never sees the foundation's keys.
 * `files` are put in before each start; what is renewed there takes effect with the next one.
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
    throw new Error(`container ${name} is in the way and not of this foundation: remove or rename it`);
  }
}
