/**
 * `node tools/bootstrap.mjs build-library`: makes `lib/`, what is published of the library: a JavaScript file (CommonJS,
 * which ES modules import by name) and its types for each source file, and the command as one file.
 */
import { cpSync, readdirSync, rmSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { join, resolve } from 'node:path';
import { build, type Plugin } from 'esbuild';
import ts from 'typescript';
import { buildCommand } from './build-command';
import { Failure } from './failure';
import { REPOSITORY } from './platform';
import { endWithFailure } from './progress';

/** The library, and what of the review its checks load. */
const SOURCES = ['constructs', 'review'].map((folder) => join(REPOSITORY, folder));

/** What whoever installs the library brings along; everything else becomes part of the files that use it. */
const PEERS = ['cdktf', 'constructs', '@cdktf/provider-cloudfoundry', '@cdktf/provider-docker'] as const;

/** Files stay files: two copies of one module, in two bundles, would be two classes. */
const keepRelativeImports: Plugin = {
  name: 'keep-relative-imports',
  setup: (bundler) => {
    bundler.onResolve({ filter: /^\.\.?(\/|$)/ }, ({ importer, path }) =>
      SOURCES.some((folder) => importer.startsWith(folder)) ? { path, external: true } : undefined,
    );
  },
};

/** @param outdir is emptied first */
export async function buildLibrary(outdir: string = join(REPOSITORY, 'lib')): Promise<void> {
  const constructs = join(REPOSITORY, 'constructs');
  const own = readdirSync(constructs, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => join(constructs, file));
  rmSync(outdir, { recursive: true, force: true });
  const files = emitTypes(own, outdir);
  // The image's files stand beside the constructs, as they do in the repository.
  cpSync(join(REPOSITORY, 'squid'), join(outdir, 'squid'), { recursive: true });
  await build({
    entryPoints: files,
    outbase: REPOSITORY,
    outdir,
    bundle: true,
    format: 'cjs',
    platform: 'node',
    target: 'node20',
    external: [...builtinModules, ...PEERS.flatMap((peer) => [peer, `${peer}/*`])],
    plugins: [keepRelativeImports],
    legalComments: 'inline',
    logLevel: 'warning',
  });
  await buildCommand(join(outdir, 'bin', 'space-egress.js'));
}

/** @returns the files that the given ones are made of, with themselves */
function emitTypes(files: readonly string[], outDir: string): string[] {
  const { config } = ts.readConfigFile(join(REPOSITORY, 'tsconfig.json'), (path) => ts.sys.readFile(path)) as {
    config: object;
  };
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, REPOSITORY, {
    noEmit: false,
    incremental: false,
    tsBuildInfoFile: undefined,
    declaration: true,
    emitDeclarationOnly: true,
    outDir,
    rootDir: REPOSITORY,
  });
  const program = ts.createProgram([...files], options);
  const { diagnostics } = program.emit();
  const problems = [...ts.getPreEmitDiagnostics(program), ...diagnostics];
  if (problems.length === 0) {
    const sources = program.getSourceFiles().map(({ fileName }) => resolve(fileName));
    return sources.filter((file) => SOURCES.some((folder) => file.startsWith(folder)));
  }
  const host = {
    getCanonicalFileName: (name: string) => name,
    getCurrentDirectory: () => REPOSITORY,
    getNewLine: () => '\n',
  };
  throw new Failure(
    'the library was not built',
    ts.formatDiagnostics(problems, host).trimEnd(),
    'run npx tsc, and correct what it reports',
  );
}

if (require.main === module) buildLibrary().catch(endWithFailure);
