import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type Docker from 'dockerode';
import tar from 'tar-stream';
import { statusCode, type FileEntry } from '../cell/engine';

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
  try {
    await docker.getImage(tag).inspect();
    return true;
  } catch (error) {
    if (statusCode(error) === 404) return false;
    throw error;
  }
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
  await new Promise<void>((resolve, reject) => {
    docker.modem.followProgress(
      output,
      (error) => {
        if (error) reject(error);
        else resolve();
      },
      (event: BuildEvent) => {
        if (event.stream) said.push(event.stream);
        // A failed step is an event like the others; the stream ends without an error.
        failure ??= event.error;
        const step = /^Step \d+\/\d+ : \w+/.exec(event.stream ?? '');
        if (step) report(step[0].toLowerCase());
      },
    );
  });
  if (failure !== undefined) {
    const last = said.join('').trimEnd().split('\n').slice(-FAILURE_LINES).join('\n');
    throw new Error(`failed to build image ${tag}: ${failure.trim()}; its last output:\n${last}`);
  }
  return tag;
}
