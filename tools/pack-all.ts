/** `npm run pack:all`: creates all published packages, as tarballs in `dist/`. */
import { mkdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { buildCommandPackage } from './build-command';
import { buildLibraries } from './build-library';
import { run } from './command';
import { enter } from './entry';
import { type BundledPackage, bundledPackages } from './spdx';
import { COMMAND, DIST, EDITIONS } from './packages';
import { REPOSITORY } from './platform';
import { Progress } from './progress';

export interface Packed {
  readonly name: string;
  readonly tarball: string;
  /** What of other packages is in it. */
  readonly parts: readonly BundledPackage[];
}

/**
 * @param folder gets a folder and a tarball for each package
 * @returns the library for each CDK, then the command
 */
export async function packAll(folder: string = DIST): Promise<Packed[]> {
  mkdirSync(folder, { recursive: true });
  const command = await buildCommandPackage(join(folder, COMMAND));
  const libraries = await buildLibraries(folder);
  const packages = [...EDITIONS.map(({ name }) => [name, libraries] as const), [COMMAND, [command]] as const];
  const packed: Packed[] = [];
  for (const [name, builds] of packages) {
    const printed = await run('npm', [
      ...['pack', join(folder, name), '--json', '--ignore-scripts'],
      ...['--pack-destination', folder],
    ]);
    const [{ filename } = { filename: '' }] = JSON.parse(printed) as { filename: string }[];
    packed.push({ name, tarball: join(folder, filename), parts: bundledPackages(...builds) });
  }
  return packed;
}

const HELP = `usage: npm run pack:all

Creates the published packages as tarballs in dist/: the library for cdktf and for cdktn, and the command.`;

async function main(): Promise<void> {
  await new Progress().step(
    'packages',
    () => packAll(),
    (packed) => packed.map(({ tarball }) => relative(REPOSITORY, tarball)).join(', '),
  );
}

if (require.main === module) enter(HELP, main);
