/**
 * Builds the library as it is published, one package per CDK: a JavaScript file (CommonJS, which ES modules import by
 * name) and types for each source file, the providers' bindings, the proxy's folder, and the command as one file.
 */
import {
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, join, posix, relative, resolve } from 'node:path';
import { build, type Metafile, type Plugin } from 'esbuild';
import ts from 'typescript';
import { buildCommand } from './build-command';
import { dockerBindings, packageReadme, BINDINGS, DIST, type Edition, EDITIONS, libraryManifest } from './packages';
import { run } from './command';
import { Failure } from './failure';
import { REPOSITORY } from './platform';

/** The library, and the part of the review that its checks load. */
const SOURCES = ['constructs', 'review'].map((folder) => join(REPOSITORY, folder));

/** What users of the library install themselves; everything else is bundled into the files that use it. */
const EXTERNAL = ['cdktf', 'constructs', ...Object.keys(BINDINGS)];

/** Files stay separate: two copies of a module in two bundles would be two different classes. */
const keepRelativeImports: Plugin = {
  name: 'keep-relative-imports',
  setup: (bundler) => {
    bundler.onResolve({ filter: /^\.\.?(\/|$)/ }, ({ importer, path }) =>
      SOURCES.some((folder) => importer.startsWith(folder)) ? { path, external: true } : undefined,
    );
  },
};

/** Contents of the published files by their path below `lib`, with the sources' imports. */
type Files = ReadonlyMap<string, string>;

/**
 * @param folder gets a folder for each edition, emptied first
 * @returns what each was built from
 */
export async function buildLibraries(folder: string = DIST): Promise<Metafile[]> {
  const types = emitTypes();
  const sources = [...types.keys()].map((path) => join(REPOSITORY, path.replace(/\.d\.ts$/, '.ts')));
  const { metafile, outputFiles } = await emitJavaScript(sources);
  const javascript = outputFiles.map(({ path, text }) => [relative(REPOSITORY, path), text] as const);
  const docker = dockerBindings();
  const reference = await apiReference(folder);
  const files = new Map([...types, ...javascript, ...readBindings(), ...docker.files, ...reference]);
  const commands = EDITIONS.map((edition) => writeLibrary(edition, files, join(folder, edition.name)));
  return [metafile, docker.built, ...(await Promise.all(commands))];
}

async function writeLibrary(edition: Edition, files: Files, outdir: string): Promise<Metafile> {
  const lib = join(outdir, 'lib');
  rmSync(outdir, { recursive: true, force: true });
  for (const [path, text] of files) {
    mkdirSync(dirname(join(lib, path)), { recursive: true });
    writeFileSync(join(lib, path), withImportsOf(edition, path, text));
  }
  // The image's files are next to the constructs, as in the repository; the pages about them aren't published.
  const pages = join(REPOSITORY, 'squid', 'docs');
  cpSync(join(REPOSITORY, 'squid'), join(lib, 'squid'), { recursive: true, filter: (path) => path !== pages });
  writeFileSync(join(outdir, 'package.json'), `${JSON.stringify(libraryManifest(edition), undefined, 2)}\n`);
  writeFileSync(join(outdir, 'README.md'), packageReadme(edition));
  for (const file of ['LICENSE.md', 'CHANGELOG.md']) copyFileSync(join(REPOSITORY, file), join(outdir, file));
  return buildCommand(join(lib, 'bin', 'space-egress.js'));
}

/** What `npm run docs:api` writes from the comments in `constructs/`. */
async function apiReference(folder: string): Promise<Files> {
  mkdirSync(folder, { recursive: true });
  const made = mkdtempSync(join(folder, 'api-'));
  try {
    await run(join(REPOSITORY, 'node_modules', '.bin', 'typedoc'), ['--out', made], { cwd: REPOSITORY });
    return new Map(
      readdirSync(made).map((page) => [posix.join('..', 'api', page), readFileSync(join(made, page), 'utf8')]),
    );
  } finally {
    rmSync(made, { recursive: true, force: true });
  }
}

/** `require("x")` and `import("x")`, `from 'x'`; those of examples in comments too. */
const IMPORT = /\b(require\(|import\(|from )(["'])([^"'\n]+)\2/g;

export function withImportsOf(edition: Edition, path: string, text: string): string {
  return text.replace(IMPORT, (_all, call: string, quote: string, name: string) => {
    return `${call}${quote}${importOf(edition, path, name)}${quote}`;
  });
}

function importOf({ name, peers }: Edition, path: string, imported: string): string {
  const [, whole = ''] = /^((?:@[^/]+\/)?[^/]+)/.exec(imported) ?? [];
  if (whole in BINDINGS) {
    const file = posix.join(BINDINGS[whole as keyof typeof BINDINGS], imported.slice(`${whole}/lib/`.length), 'index');
    return posix.relative(posix.dirname(path), file).replace(/^(?!\.)/, './');
  }
  const renamed = { ...Object.fromEntries(Object.entries(peers).map(([of, to]) => [of, to.name])), [OWN]: name };
  return `${renamed[whole] ?? whole}${imported.slice(whole.length)}`;
}

/** The name of the library in the sources and their examples. */
const OWN = EDITIONS[0]?.name ?? '';

function readBindings(): Map<string, string> {
  const folder = join(REPOSITORY, 'provider', 'lib');
  const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) => /\.(js|d\.ts)$/.test(path));
  return new Map(
    paths.map((path) => [posix.join('cloudfoundry', path), readFileSync(join(folder, path), 'utf8')] as const),
  );
}

const emitJavaScript = (sources: readonly string[]) =>
  build({
    entryPoints: [...sources],
    outbase: REPOSITORY,
    outdir: REPOSITORY,
    write: false,
    bundle: true,
    mainFields: ['module', 'main'],
    format: 'cjs',
    platform: 'node',
    target: 'node20',
    external: [...builtinModules, ...EXTERNAL.flatMap((name) => [name, `${name}/*`])],
    plugins: [keepRelativeImports],
    legalComments: 'inline',
    logLevel: 'warning',
    metafile: true,
  });

/** The types of the library and of all files that it consists of. */
function emitTypes(): Map<string, string> {
  const constructs = join(REPOSITORY, 'constructs');
  const own = readdirSync(constructs, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => join(constructs, file));
  const { config } = ts.readConfigFile(join(REPOSITORY, 'tsconfig.json'), (path) => ts.sys.readFile(path)) as {
    config: object;
  };
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, REPOSITORY, {
    noEmit: false,
    incremental: false,
    tsBuildInfoFile: undefined,
    declaration: true,
    emitDeclarationOnly: true,
    outDir: REPOSITORY,
    rootDir: REPOSITORY,
  });
  const program = ts.createProgram(own, options);
  const types = new Map<string, string>();
  const { diagnostics } = program.emit(undefined, (file, text) => {
    if (SOURCES.some((folder) => resolve(file).startsWith(folder))) types.set(relative(REPOSITORY, file), text);
  });
  const problems = [...ts.getPreEmitDiagnostics(program), ...diagnostics];
  if (problems.length === 0) return types;
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
