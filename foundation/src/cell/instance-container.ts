import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import type Docker from 'dockerode';
import { appContainer, VCAP } from './app-container';
import type { InstanceSpec } from './cell';
import { installCertificates } from './certificates';
import { statusCode } from './engine';
import { fullReference, imageFacts, pullImage } from './image';
import type { InstanceNetwork, InstanceNetworks } from './instance-networks';

/** The path of a staged droplet. */
export function dropletPath(dataDir: string, dropletGuid: string): string {
  return join(dataDir, 'droplets', `${dropletGuid}.tgz`);
}

/** Creates an instance's container in its network, with its files, without starting it. */
export async function createInstanceContainer(
  networks: InstanceNetworks,
  spec: InstanceSpec,
  network: InstanceNetwork,
  labels: Readonly<Record<string, string>>,
): Promise<Docker.Container> {
  const { docker, plan, stackImage } = networks.options;
  const { droplet, instanceGuid } = spec;
  const make = async (): Promise<Docker.Container> =>
    docker.createContainer(
      appContainer({
        name: networks.containerName('app', instanceGuid),
        labels: { ...networks.labels('app', instanceGuid), ...labels },
        spec,
        lease: network.lease,
        holderId: network.holder.id,
        cellAddress: plan.foundation,
        stackImage,
        imageStart: await imageStart(docker, spec),
      }),
    );
  try {
    return await make();
  } catch (error) {
    if (statusCode(error) !== 404 || droplet.kind !== 'docker') throw error;
    // The engine has lost the image since staging.
    const { username, password } = droplet;
    await pullImage(docker, droplet.image, username === undefined ? undefined : { username, password: password ?? '' });
    return make();
  }
}

/** Adds the droplet and the trusted certificates. */
export async function equipContainer(
  networks: InstanceNetworks,
  { droplet }: InstanceSpec,
  app: Docker.Container,
): Promise<void> {
  if (droplet.kind === 'buildpack') {
    const path = dropletPath(networks.options.dataDir, droplet.dropletGuid);
    await app.putArchive(createReadStream(path), { path: join(VCAP.home, '..') });
  }
  await installCertificates(app, await networks.certificates(), droplet.kind === 'buildpack' ? 'stack' : 'image');
}

/** The image's own start command, which is needed only to run it with sidecars. */
async function imageStart(
  docker: Docker,
  { droplet, command, sidecars }: InstanceSpec,
): Promise<readonly string[] | undefined> {
  if (!sidecars || droplet.kind !== 'docker' || command !== undefined) return undefined;
  const image = await docker.getImage(fullReference(droplet.image)).inspect();
  const { entrypoint, cmd } = imageFacts(image.Config);
  return [...entrypoint, ...cmd];
}
