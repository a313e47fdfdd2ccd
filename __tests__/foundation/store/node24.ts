import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { Failure } from '../../../tools/failure';
import { ensureNodeLinux } from '../../../tools/node-linux';
import { host } from '../../../tools/platform';

/** The Node.js of the foundation's image; `undefined`, with a word about it, where it can't be had. */
export const findNode24 = async (): Promise<string | undefined> => {
  if (process.platform !== 'linux') {
    console.warn('skipped: the foundation runs on Linux only');
    return undefined;
  }
  try {
    const { path } = await ensureNodeLinux('24', host.arch);
    return existsSync(path) ? path : undefined;
  } catch (error) {
    if (!(error instanceof Failure)) {
      throw error;
    }
    console.warn(`skipped: ${error.message}`);
    return undefined;
  }
};

export interface Program {
  readonly file: string;
  readonly folder: string;
  remove(): void;
}

/** A TypeScript program as one file, in a folder of its own. */
export const bundle = async (entry: string): Promise<Program> => {
  const folder = mkdtempSync(join(tmpdir(), 'foundation-program-'));
  const file = join(folder, 'program.js');
  await build({
    entryPoints: [entry],
    outfile: file,
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'cjs',
    external: ['cpu-features', '*.node'],
    logLevel: 'silent',
  });
  return {
    file,
    folder,
    remove: () => {
      rmSync(folder, { recursive: true, force: true });
    },
  };
};
