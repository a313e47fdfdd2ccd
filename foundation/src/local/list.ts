import type Docker from 'dockerode';
import { LABEL } from '../cell/labels';
import { connectEngine } from './engine';
import { labelsOf } from './inventory';

/** Names of all foundations in this container engine that have a volume. */
export async function list(): Promise<string[]> {
  const { docker } = await connectEngine();
  // The engine sends null for none.
  const { Volumes } = (await docker.listVolumes({ filters: { label: [LABEL.foundation] } })) as {
    Volumes: Docker.VolumeInspectInfo[] | null;
  };
  return [...new Set((Volumes ?? []).flatMap((volume) => labelsOf(volume)[LABEL.foundation] ?? []))].sort();
}
