import { createHash } from 'node:crypto';
import type Docker from 'dockerode';
import type { InstanceSpec } from './cell';
import { removeContainer } from './engine';

export const LABEL = {
  foundation: 'space-egress.foundation',
  role: 'space-egress.role',
  instance: 'space-egress.instance',
  /** The application's name, for people who list containers. */
  app: 'space-egress.app',
  /** The hash of the specification that an instance was started from; it is adopted only if it is the same. */
  spec: 'space-egress.spec',
} as const;

export type InstanceRole = 'holder' | 'app' | 'staging';

/** Increased when instances' containers change, so those of an older foundation are not adopted. */
const GENERATION = 2;

export function specHash(spec: InstanceSpec): string {
  return createHash('sha256').update(canonical({ GENERATION, spec })).digest('hex');
}

/** JSON with sorted keys. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) =>
    item !== null && typeof item === 'object' && !Array.isArray(item)
      ? Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)))
      : item,
  );
}

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
