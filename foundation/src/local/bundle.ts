import { join } from 'node:path';
import { build } from 'esbuild';
import type { FileEntry } from '../cell/engine';

/** The foundation's package. */
export const PACKAGE_DIR = join(__dirname, '..', '..');

export interface EntryPoints {
  readonly main: string;
  readonly internet: string;
}

export const ENTRY_POINTS: EntryPoints = {
  main: join(PACKAGE_DIR, 'src', 'main.ts'),
  internet: join(PACKAGE_DIR, 'src', 'internet', 'main.ts'),
};

/** Bundles each program with its imports into one file. The same sources give the same bytes. */
export async function bundle({ main, internet }: EntryPoints): Promise<FileEntry[]> {
  const { outputFiles } = await build({
    entryPoints: { main, internet },
    outdir: 'out',
    absWorkingDir: PACKAGE_DIR,
    bundle: true,
    write: false,
    platform: 'node',
    target: 'node24',
    format: 'cjs',
    legalComments: 'none',
    // A process keeps its source in memory, and in twice the bytes if it has a character outside of ASCII, as comments
    // of libraries do. Names and lines stay, for stack traces.
    minifyWhitespace: true,
    lineLimit: 120,
    // Optional native parts of the Docker client's SSH transport, which works without them.
    external: ['cpu-features', '*.node'],
    logLevel: 'silent',
  });
  return outputFiles
    .map(({ path, contents }) => ({ name: path.replace(/^.*[/\\]/, ''), content: Buffer.from(contents) }))
    .sort((one, other) => (one.name < other.name ? -1 : 1));
}
