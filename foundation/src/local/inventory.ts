import type Docker from 'dockerode';
import { statusCode } from '../cell/engine';
import { LABEL } from '../cell/labels';

/** Finds everything in the engine that belongs to a foundation. */
export class Inventory {
  private readonly filters: { label: string[] };

  constructor(
    private readonly docker: Docker,
    name: string,
  ) {
    this.filters = { label: [`${LABEL.foundation}=${name}`] };
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

/** The result of a look-up, or `undefined` if it does not exist. */
export async function found<T>(lookUp: Promise<T>): Promise<T | undefined> {
  try {
    return await lookUp;
  } catch (error) {
    if (statusCode(error) === 404) return undefined;
    throw error;
  }
}

/** The engine sends null if there are no labels. */
export function labelsOf(thing: { readonly Labels?: unknown }): Readonly<Record<string, string>> {
  return (thing.Labels ?? {}) as Readonly<Record<string, string>>;
}
