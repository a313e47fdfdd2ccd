import { createReadStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Docker from 'dockerode';
import { acquire, lookFor, type Outlook, type Way } from './acquire';
import { findOnPath, run } from './command';
import type { ContainerEngine } from './container-engine';
import { installPackages } from './debian-packages';
import { dockerOptions } from './docker-host';
import { canInstallPackages, host } from './platform';
import { type Report, silent } from './progress';

/** The image that every image of this project starts from. */
export const BASE_IMAGE = 'debian:bookworm-slim';

export interface BaseImage {
  readonly reference: string;
  readonly id: string;
}

/** Waits for the end of a stream of progress messages, in which an error comes as one of them. */
const finished = (docker: Docker, stream: NodeJS.ReadableStream): Promise<void> =>
  new Promise((resolve, reject) => {
    docker.modem.followProgress(stream, (error) => {
      if (error) reject(error);
      else resolve();
    });
  });

async function inspect(docker: Docker): Promise<BaseImage | undefined> {
  try {
    return { reference: BASE_IMAGE, id: (await docker.getImage(BASE_IMAGE).inspect()).Id };
  } catch (error) {
    if ((error as { statusCode?: number }).statusCode === 404) return undefined;
    throw error;
  }
}

async function present(docker: Docker): Promise<BaseImage> {
  const image = await inspect(docker);
  if (image === undefined) throw new Error(`the container engine does not have ${BASE_IMAGE} afterwards`);
  return image;
}

/** Documentation and translations go, as in the slim image; licences stay. */
const SLIM = ['doc/*', 'info/*', 'locale/*', 'man/*'].map((path) => `--dpkgopt=path-exclude=/usr/share/${path}`);
const LICENCES = '--dpkgopt=path-include=/usr/share/doc/*/copyright';

async function bootstrapImage(docker: Docker, report: Report): Promise<BaseImage> {
  if (findOnPath('mmdebstrap') === undefined) await installPackages(['mmdebstrap'], report);
  const folder = await mkdtemp(join(tmpdir(), 'base-image-'));
  try {
    const archive = join(folder, 'base.tar');
    report('mmdebstrap bookworm');
    await run('mmdebstrap', ['--quiet', '--variant=minbase', ...SLIM, LICENCES, 'bookworm', archive]);
    report(`import as ${BASE_IMAGE}`);
    const [repo, tag] = BASE_IMAGE.split(':');
    await finished(docker, await docker.importImage(createReadStream(archive), { repo, tag }));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return present(docker);
}

/** How the base image can be had; packages can be put together only for the processor that this runs on. */
export function waysToBaseImage(engine: ContainerEngine): Way<BaseImage>[] {
  const docker = new Docker(dockerOptions(engine.address));
  const ways: Way<BaseImage>[] = [
    { plan: 'use the one that is there', find: () => inspect(docker) },
    {
      plan: `pull ${BASE_IMAGE}`,
      make: async () => {
        await finished(docker, await docker.pull(BASE_IMAGE));
        return present(docker);
      },
    },
  ];
  if (!canInstallPackages() || host.os !== 'linux' || host.arch !== engine.arch) return ways;
  return [
    ...ways,
    { plan: `make ${BASE_IMAGE} from Debian's packages`, make: (report) => bootstrapImage(docker, report) },
  ];
}

/** What is there, without changing anything. */
export const lookForBaseImage = (engine: ContainerEngine): Promise<Outlook<BaseImage>> =>
  lookFor(waysToBaseImage(engine));

/** The base image, pulled or made. */
export const ensureBaseImage = (engine: ContainerEngine, report: Report = silent): Promise<BaseImage> =>
  acquire(
    `image ${BASE_IMAGE}`,
    waysToBaseImage(engine),
    `make Docker Hub reachable for the container engine, or load the image into it ("docker load")`,
    report,
  );
