import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bundle, ENTRY_POINTS, PACKAGE_DIR, type EntryPoints } from './bundle';
import { FOUNDATION_REPOSITORY, readFolder, STACK_REPOSITORY, type ImageSource } from './image';

/** Linux programs for the image. */
export interface ProgramFiles {
  /** Node.js 24 or later. */
  readonly node: string;
  readonly versitygw: string;
}

export async function foundationSource(
  files: ProgramFiles,
  entryPoints: EntryPoints = ENTRY_POINTS,
): Promise<ImageSource> {
  const [dockerfile, registry, programs, node, versitygw] = await Promise.all([
    readFile(join(PACKAGE_DIR, 'Dockerfile')),
    readFile(join(PACKAGE_DIR, 'registry.yml')),
    bundle(entryPoints),
    readFile(files.node),
    readFile(files.versitygw),
  ]);
  return {
    repository: FOUNDATION_REPOSITORY,
    files: [
      { name: 'Dockerfile', content: dockerfile },
      { name: 'bin/node', content: node, mode: 0o755 },
      { name: 'bin/versitygw', content: versitygw, mode: 0o755 },
      { name: 'registry.yml', content: registry },
      ...programs,
    ],
  };
}

/** The Debian stack that buildpack applications run on. */
export async function stackSource(): Promise<ImageSource> {
  return { repository: STACK_REPOSITORY, files: await readFolder(join(PACKAGE_DIR, 'stack')) };
}
