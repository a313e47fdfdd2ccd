import { found } from '../cell/engine';
import { LABEL } from '../cell/labels';
import { connectEngine } from './engine';
import { Inventory, labelsOf } from './inventory';
import { DEFAULT_NAME, type Plan, readPlan, requireName, resourceNames } from './plan';

export interface ContainerStatus {
  readonly name: string;
  /** foundation, holder, app, staging, registry, or internet. */
  readonly role: string;
  /** The engine's state, such as running or exited. */
  readonly state: string;
  readonly image: string;
  /** GUID of the instance that it belongs to. */
  readonly instance?: string;
}

export interface Status {
  readonly name: string;
  /** `absent`: it does not exist. `stopped`: its volume exists, but its own container does not run. */
  readonly state: 'running' | 'stopped' | 'absent';
  readonly engine: string;
  /** Absent if the foundation is. */
  readonly plan?: Plan;
  readonly containers: readonly ContainerStatus[];
}

export async function status(options: { readonly name?: string } = {}): Promise<Status> {
  const name = requireName(options.name ?? DEFAULT_NAME);
  const { docker, version } = await connectEngine();
  const [volume, infos] = await Promise.all([
    found(docker.getVolume(resourceNames(name).volume).inspect()),
    new Inventory(docker, name).containers(),
  ]);
  const containers = infos
    .map((info): ContainerStatus => {
      const { [LABEL.role]: role = '?', [LABEL.instance]: instance } = labelsOf(info);
      const ownName = info.Names[0]?.slice(1) ?? info.Id;
      return { name: ownName, role, state: info.State, image: info.Image, ...(instance !== undefined && { instance }) };
    })
    .sort((one, other) => (one.name < other.name ? -1 : 1));
  const runs = containers.some(({ role, state }) => role === 'foundation' && state === 'running');
  const absent = volume === undefined && containers.length === 0;
  return {
    name,
    state: runs ? 'running' : absent ? 'absent' : 'stopped',
    engine: `docker ${version}`,
    ...(volume && { plan: readPlan(name, labelsOf(volume)) }),
    containers,
  };
}
