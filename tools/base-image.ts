import { createReadStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Docker from 'dockerode';
import { acquire, lookFor, type Outlook, type Way } from './acquire';
import { findOnPath, run } from './command';
import { type ContainerEngine, dockerOptions } from './container-engine';
import { installPackages, canInstallPackages, host } from './platform';
import { type Report, silent } from './progress';

/**
 * Debian releases that this project's images are based on: one for the foundation and its stack, the other for the
 * proxy.
 */
export type Release = 'bookworm' | 'trixie';

const referenceOf = (release: Release): string => `debian:${release}-slim`;

export interface BaseImage {
  readonly reference: string;
  readonly id: string;
}

/** Waits for the end of a stream of progress messages; an error is one of these messages. */
const finished = (docker: Docker, stream: NodeJS.ReadableStream): Promise<void> =>
  new Promise((resolve, reject) => {
    docker.modem.followProgress(stream, (error) => {
      if (error) reject(error);
      else resolve();
    });
  });

async function inspect(docker: Docker, release: Release): Promise<BaseImage | undefined> {
  const reference = referenceOf(release);
  try {
    return { reference, id: (await docker.getImage(reference).inspect()).Id };
  } catch (error) {
    if ((error as { statusCode?: number }).statusCode === 404) return undefined;
    throw error;
  }
}

async function present(docker: Docker, release: Release): Promise<BaseImage> {
  const image = await inspect(docker, release);
  if (image === undefined)
    throw new Error(`the container engine does not have ${referenceOf(release)} after the import`);
  return image;
}

/** Removes documentation and translations, as the slim image does; licenses stay. */
const SLIM = ['doc/*', 'info/*', 'locale/*', 'man/*'].map((path) => `--dpkgopt=path-exclude=/usr/share/${path}`);
const LICENCES = '--dpkgopt=path-include=/usr/share/doc/*/copyright';

async function bootstrapImage(docker: Docker, release: Release, report: Report): Promise<BaseImage> {
  if (findOnPath('mmdebstrap') === undefined) await installPackages(['mmdebstrap'], report);
  const folder = await mkdtemp(join(tmpdir(), 'base-image-'));
  try {
    const archive = join(folder, 'base.tar');
    report(`mmdebstrap ${release}`);
    await run('mmdebstrap', ['--quiet', '--variant=minbase', ...SLIM, LICENCES, release, archive]);
    report(`import as ${referenceOf(release)}`);
    const [repo, tag] = referenceOf(release).split(':');
    await finished(docker, await docker.importImage(createReadStream(archive), { repo, tag }));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return present(docker, release);
}

/** Ways to get the base image. Packages can be assembled only for the processor that this runs on. */
function waysToBaseImage(engine: ContainerEngine, release: Release): Way<BaseImage>[] {
  const reference = referenceOf(release);
  const docker = new Docker(dockerOptions(engine.address));
  const ways: Way<BaseImage>[] = [
    { plan: 'use the existing one', find: () => inspect(docker, release) },
    {
      plan: `pull ${reference}`,
      make: async () => {
        await finished(docker, await docker.pull(reference));
        return present(docker, release);
      },
    },
  ];
  if (!canInstallPackages() || host.os !== 'linux' || host.arch !== engine.arch) return ways;
  return [
    ...ways,
    { plan: `build ${reference} from Debian's packages`, make: (report) => bootstrapImage(docker, release, report) },
  ];
}

/** Looks without changing anything. */
export const lookForBaseImage = (engine: ContainerEngine, release: Release): Promise<Outlook<BaseImage>> =>
  lookFor(waysToBaseImage(engine, release));

export const ensureBaseImage = (
  engine: ContainerEngine,
  release: Release,
  report: Report = silent,
): Promise<BaseImage> =>
  acquire(
    `image ${referenceOf(release)}`,
    waysToBaseImage(engine, release),
    `make Docker Hub reachable for the container engine, or load the image into it ("docker load")`,
    report,
  );
