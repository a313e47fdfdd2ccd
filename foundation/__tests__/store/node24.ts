import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { ensureNodeLinux } from '../../../tools/node-linux';
import { host } from '../../../tools/platform';

/** The foundation runs on Linux only. */
export const testOnLinux = process.platform === 'linux' ? test : test.skip;

/** The Node.js of the foundation's image, which has `node:sqlite`. */
export const findNode24 = async (): Promise<string> => (await ensureNodeLinux('24', host.arch)).path;

export interface Program {
  readonly file: string;
  readonly folder: string;
  remove(): void;
}

/** Bundles a TypeScript program into one file, in its own folder. */
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
  return { file, folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
};
