/**
 * `node tools/bootstrap.mjs build-command`: creates `dist/space-egress/`, the package with only the command, for those
 * who write HCL. Everything that it runs is in one file; it has no dependencies and no peers.
 */
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build, buildSync, type BuildOptions, type Metafile } from 'esbuild';
import { COMMAND, COMMON, DIST } from './packages';
import { REPOSITORY } from './platform';
import { endWithFailure } from './progress';

const BIN = 'bin/space-egress.js';

/**
 * @param outdir is emptied first
 * @returns what it was built from
 */
export async function buildCommandPackage(outdir: string = join(DIST, COMMAND)): Promise<Metafile> {
  rmSync(outdir, { recursive: true, force: true });
  mkdirSync(outdir, { recursive: true });
  const metafile = await buildCommand(join(outdir, BIN));
  writeFileSync(join(outdir, 'package.json'), `${JSON.stringify(manifest(), undefined, 2)}\n`);
  writeFileSync(join(outdir, 'README.md'), README);
  for (const file of ['LICENSE.md', 'CHANGELOG.md']) copyFileSync(join(REPOSITORY, file), join(outdir, file));
  return metafile;
}

/**
 * A package's CommonJS is often UMD, whose `require` bundlers don't see (jsonc-parser); its ES module is bundled
 * completely.
 */
const ONE_FILE = { bundle: true, platform: 'node', mainFields: ['module', 'main'] } as const satisfies BuildOptions;

/** A program of a few lines that imports parts of the repository, as one file like the command. */
export function buildProgram(contents: string, outfile: string): void {
  buildSync({
    ...ONE_FILE,
    stdin: { contents, resolveDir: REPOSITORY, loader: 'ts' },
    outfile,
    logLevel: 'error',
  });
}

/** The command is self-contained, so that it starts from one file. */
export async function buildCommand(outfile: string): Promise<Metafile> {
  const { metafile } = await build({
    ...ONE_FILE,
    entryPoints: [join(REPOSITORY, 'cli', 'space-egress.ts')],
    outfile,
    format: 'cjs',
    target: 'node20',
    legalComments: 'inline',
    logLevel: 'warning',
    metafile: true,
  });
  return metafile;
}

function manifest(): object {
  return {
    name: COMMAND,
    description: 'Shows who can reach what that could not before, from the plan of a Cloud Foundry stack',
    ...COMMON,
    type: 'commonjs',
    bin: { [COMMAND]: BIN },
    exports: { './package.json': './package.json' },
    files: ['bin', 'CHANGELOG.md'],
  };
}

const README = `# space-egress

\`space-egress review plan.json\` shows who can reach what that could not before, from the plan of a Cloud Foundry stack in plain
Terraform or OpenTofu. \`space-egress --help\` explains the rest.
`;

if (require.main === module) buildCommandPackage().catch(endWithFailure);
