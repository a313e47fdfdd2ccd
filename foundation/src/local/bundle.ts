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

/** One file a program, with all that it imports; the same sources give the same bytes. */
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
    // A process keeps its source in memory for as long as it runs, and with a character that is not ASCII, as comments of
    // libraries have, all of it in twice the bytes. Names stay, and lines that a stack trace can point to.
    minifyWhitespace: true,
    lineLimit: 120,
    // Optional native parts of the Docker client's SSH transport: it does without where they are missing.
    external: ['cpu-features', '*.node'],
    logLevel: 'silent',
  });
  return outputFiles
    .map(({ path, contents }) => ({ name: path.replace(/^.*[/\\]/, ''), content: Buffer.from(contents) }))
    .sort((one, other) => (one.name < other.name ? -1 : 1));
}
