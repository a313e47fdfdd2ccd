import { setTimeout as wait } from 'node:timers/promises';
import type Docker from 'dockerode';
import { engineMessage, found } from '../cell/engine';
import { LABEL } from '../cell/labels';
import { connectEngine } from './engine';

/** Finds everything in the engine that belongs to a foundation, or without a name, to any. */
export class Inventory {
  private readonly filters: { label: string[] };

  constructor(
    private readonly docker: Docker,
    name?: string,
  ) {
    this.filters = { label: [name === undefined ? LABEL.foundation : `${LABEL.foundation}=${name}`] };
  }

  containers(): Promise<Docker.ContainerInfo[]> {
    return this.docker.listContainers({ all: true, filters: this.filters });
  }

  networks(): Promise<Docker.NetworkInspectInfo[]> {
    return this.docker.listNetworks({ filters: this.filters });
  }

  async volumes(): Promise<Docker.VolumeInspectInfo[]> {
    // The engine sends null for none.
    const { Volumes } = (await this.docker.listVolumes({ filters: this.filters })) as {
      Volumes: Docker.VolumeInspectInfo[] | null;
    };
    return Volumes ?? [];
  }
}

/** The engine sends null if there are no labels. */
export function labelsOf(thing: { readonly Labels?: unknown }): Readonly<Record<string, string>> {
  return (thing.Labels ?? {}) as Readonly<Record<string, string>>;
}

/** Names of all foundations in this container engine that have a volume. */
export async function list(): Promise<string[]> {
  const { docker } = await connectEngine();
  const volumes = await new Inventory(docker).volumes();
  return [...new Set(volumes.flatMap((volume) => labelsOf(volume)[LABEL.foundation] ?? []))].sort();
}

const REMOVAL_TRIES = 20;
const REMOVAL_PAUSE = 250;

/** IDs of the containers in a network. */
export async function containersIn(network: Docker.Network): Promise<readonly string[]> {
  const details = (await found(network.inspect())) as { Containers?: Record<string, unknown> } | undefined;
  return Object.keys(details?.Containers ?? {});
}

/**
 * Removes a network, and returns whether it is gone. The engine may count the endpoint of a removed container: usually
 * for a moment, but sometimes, in Docker 20.10, until the engine restarts.
 */
export async function removeNetwork(network: Docker.Network): Promise<boolean> {
  for (let left = REMOVAL_TRIES; ; left -= 1) {
    try {
      await found(network.remove());
      return true;
    } catch (error) {
      if (!engineMessage(error).includes('active endpoints')) throw error;
      if (left <= 1) {
        if ((await containersIn(network)).length > 0) throw error;
        return false;
      }
      await wait(REMOVAL_PAUSE);
    }
  }
}
