import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type Docker from 'dockerode';
import { build } from 'esbuild';
import tar from 'tar-stream';
import { type FileEntry, followProgress, found } from '../cell/engine';

/** An image whose tag is the hash of its files, so the same files are never built twice. */
export interface ImageSource {
  readonly repository: string;
  /** All files of the build context, including the Dockerfile. */
  readonly files: readonly FileEntry[];
}

export const FOUNDATION_REPOSITORY = 'space-egress/foundation';
export const STACK_REPOSITORY = 'space-egress/stack';

const HASH_LENGTH = 16;
const FAILURE_LINES = 15;
/** Build arguments that Docker predefines and keeps out of the image. */
const PROXY_VARIABLES = ['http_proxy', 'https_proxy', 'no_proxy', 'HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY'];

export function imageTag({ repository, files }: ImageSource): string {
  const hash = createHash('sha256');
  for (const { name, content = '', mode } of files) {
    hash.update(JSON.stringify([name, mode, content.length])).update(content);
  }
  return `${repository}:${hash.digest('hex').slice(0, HASH_LENGTH)}`;
}

/** All files below a folder, marked as executable. */
export async function readFolder(dir: string): Promise<FileEntry[]> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return Promise.all(
    paths.sort().map(async (path) => ({
      name: path.slice(dir.length + 1).replaceAll('\\', '/'),
      content: await readFile(path),
      mode: 0o755,
    })),
  );
}

export async function hasImage(docker: Docker, tag: string): Promise<boolean> {
  return (await found(docker.getImage(tag).inspect())) !== undefined;
}

interface BuildEvent {
  readonly stream?: string;
  readonly error?: string;
}

/** Builds the image. `report` gets each step of the Dockerfile. */
export async function buildImage(
  docker: Docker,
  source: ImageSource,
  report: (activity: string) => void,
): Promise<string> {
  const tag = imageTag(source);
  const context = tar.pack();
  for (const { name, content = '', mode = 0o644 } of source.files) {
    context.entry({ name, mode, mtime: new Date(0) }, content);
  }
  context.finalize();
  const buildargs = Object.fromEntries(
    PROXY_VARIABLES.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])),
  ) as Record<string, string>;
  const output: NodeJS.ReadableStream = await docker.buildImage(Readable.from(context, { objectMode: false }), {
    t: tag,
    buildargs,
    rm: true,
    forcerm: true,
  });
  const said: string[] = [];
  let failure: string | undefined;
  await followProgress<BuildEvent>(docker, output, (event) => {
    if (event.stream) said.push(event.stream);
    // A failed step is an event like the others; the stream ends without an error.
    failure ??= event.error;
    const step = /^Step \d+\/\d+ : \w+/.exec(event.stream ?? '');
    if (step) report(step[0].toLowerCase());
  });
  if (failure !== undefined) {
    const last = said.join('').trimEnd().split('\n').slice(-FAILURE_LINES).join('\n');
    throw new Error(`failed to build image ${tag}: ${failure.trim()}; its last output:\n${last}`);
  }
  return tag;
}

/** The foundation's package. */
const PACKAGE_DIR = join(__dirname, '..', '..');

export const ENTRY_POINTS = {
  main: join(PACKAGE_DIR, 'src', 'main.ts'),
  internet: join(PACKAGE_DIR, 'src', 'internet', 'main.ts'),
};

/** Bundles each program with its imports into one file. The same sources give the same bytes. */
export async function bundle({ main, internet }: typeof ENTRY_POINTS): Promise<FileEntry[]> {
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

/** Linux programs for the image. */
export interface ProgramFiles {
  /** Node.js 24 or later. */
  readonly node: string;
  readonly versitygw: string;
}

export async function foundationSource(files: ProgramFiles, entryPoints = ENTRY_POINTS): Promise<ImageSource> {
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
