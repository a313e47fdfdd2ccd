import type Docker from 'dockerode';
import type { InstanceSpec } from './cell';
import { removeContainer } from './engine';
import { LABEL, specHash } from './labels';

export interface Found {
  readonly spec: InstanceSpec;
  readonly holder: Docker.ContainerInfo;
  readonly app: Docker.ContainerInfo;
}

/** Returns the desired instances that run as specified, and removes all other containers of the foundation. */
export async function findContainers(
  docker: Docker,
  foundation: string,
  specs: readonly InstanceSpec[],
): Promise<readonly Found[]> {
  const containers = await docker.listContainers({
    all: true,
    filters: { label: [`${LABEL.foundation}=${foundation}`] },
  });
  const found = specs.flatMap((spec) => match(spec, containers));
  const kept = new Set(found.flatMap(({ holder, app }) => [holder.Id, app.Id]));
  const strays = containers.filter(({ Id, Labels }) => isOurs(Labels) && !kept.has(Id));
  // Applications before the holders of their namespaces.
  for (const role of ['app', 'staging', 'holder']) {
    await Promise.all(
      strays.filter(({ Labels }) => Labels[LABEL.role] === role).map(({ Id }) => removeContainer(docker, Id)),
    );
  }
  return found;
}

function isOurs(labels: Readonly<Record<string, string>>): boolean {
  return ['holder', 'app', 'staging'].includes(labels[LABEL.role] ?? '');
}

/**
 * Finds instances whose two containers run and were started from this very specification. A task may have ended while
 * the foundation was down, so its container counts even if it has exited.
 */
function match(spec: InstanceSpec, containers: readonly Docker.ContainerInfo[]): Found[] {
  const hash = specHash(spec);
  const mine = containers.filter(
    ({ Labels }) => Labels[LABEL.instance] === spec.instanceGuid && Labels[LABEL.spec] === hash,
  );
  const holder = mine.find(({ State, Labels }) => State === 'running' && Labels[LABEL.role] === 'holder');
  const app = mine.find(({ State, Labels, HostConfig }) => {
    const isThere = State === 'running' || (State === 'exited' && spec.task !== undefined);
    return isThere && Labels[LABEL.role] === 'app' && HostConfig.NetworkMode === `container:${holder?.Id ?? ''}`;
  });
  return holder && app ? [{ spec, holder, app }] : [];
}
