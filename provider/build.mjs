// Builds provider/lib (JavaScript and type declarations) from provider/schema.json: nothing that is generated is in the
// repository. Plain JavaScript, because the bootstrap calls `isBuilt` before anything is installed; the generator, esbuild
// and TypeScript are loaded only when there is something to build.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('.', import.meta.url));
const SCHEMA = join(ROOT, 'schema.json');
const LIBRARY = join(ROOT, 'lib');
const STAMP = join(LIBRARY, '.built-from');

/** All that the bindings come from; the lock file has the generator's version. */
const INPUTS = [SCHEMA, join(ROOT, 'build.mjs'), join(ROOT, 'generate.mjs'), join(ROOT, '..', 'package-lock.json')];

function stampOfInputs() {
  const hash = createHash('sha256');
  for (const file of INPUTS) hash.update(relative(ROOT, file)).update('\0').update(readFileSync(file)).update('\0');
  return hash.digest('hex');
}

const stampOfLibrary = () => {
  try {
    return readFileSync(STAMP, 'utf8');
  } catch {
    return undefined;
  }
};

/** Whether provider/lib is what the schema and the programs here make. */
export const isBuilt = () => stampOfLibrary() === stampOfInputs();

/**
 * The package's entry point: a getter for each resource, since loading all 68 modules takes longer than a whole synth.
 * The branch that never runs lists the names for Node's ES module loader, which finds exports by reading the text.
 */
function lazyIndex(sources) {
  const index = readFileSync(join(sources, 'index.ts'), 'utf8');
  const modules = [...index.matchAll(/^export \* as (\w+) from '(\.\/[\w-]+)';$/gm)].map(([, name, path]) => [
    name,
    path,
  ]);
  const table = modules.map(([name, path]) => `  ${name}: () => require('${path}'),`).join('\n');
  const names = modules.map(([name]) => `  ${name},`).join('\n');
  return `'use strict';
Object.defineProperty(exports, '__esModule', { value: true });
const modules = {
${table}
};
for (const [name, get] of Object.entries(modules)) Object.defineProperty(exports, name, { enumerable: true, get });
0 && (module.exports = {
${names}
});
`;
}

async function compile(sources, folder) {
  const { build } = await import('esbuild');
  const files = readdirSync(sources, { recursive: true }).filter((name) => name.endsWith('.ts'));
  const javascript = build({
    entryPoints: files.map((name) => join(sources, name)),
    outdir: folder,
    outbase: sources,
    format: 'cjs',
    platform: 'node',
    target: 'node20',
    logLevel: 'error',
  });
  const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');
  const output = [
    '--declaration',
    '--emitDeclarationOnly',
    '--stripInternal',
    '--outDir',
    folder,
    '--rootDir',
    sources,
  ];
  const settings = ['--target', 'es2022', '--module', 'node16', '--moduleResolution', 'node16', '--strict'];
  const quick = ['--skipLibCheck', '--noCheck', '--types', 'node'];
  const declarations = spawnSync(process.execPath, [tsc, ...output, ...settings, ...quick, join(sources, 'index.ts')], {
    cwd: ROOT,
    stdio: 'inherit',
  });
  await javascript;
  if (declarations.status !== 0) throw new Error(`tsc ended with status ${declarations.status}`);
  writeFileSync(join(folder, 'index.js'), lazyIndex(sources));
}

/** Builds aside and renames, so that an interrupted build leaves the previous library or none. */
export async function buildBindings() {
  const stamp = stampOfInputs();
  if (stampOfLibrary() === stamp) return false;
  const aside = mkdtempSync(join(ROOT, '.lib-'));
  try {
    const [sources, folder] = ['src', 'lib'].map((name) => join(aside, name));
    for (const made of [sources, folder]) mkdirSync(made);
    const { generateSources } = await import('./generate.mjs');
    await generateSources(SCHEMA, sources);
    await compile(sources, folder);
    writeFileSync(join(folder, '.built-from'), stamp);
    rmSync(LIBRARY, { recursive: true, force: true });
    renameSync(folder, LIBRARY);
  } finally {
    rmSync(aside, { recursive: true, force: true });
  }
  return true;
}

// A checkout may be reached through a link, which `import.meta.url` has resolved and the argument has not.
const program = process.argv[1] && realpathSync(process.argv[1]);
if (program === fileURLToPath(import.meta.url)) await buildBindings();
