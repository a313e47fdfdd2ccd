import { createHash, type Hash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { access, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';

interface PublishedVersion {
  readonly engines?: { readonly node?: string };
  readonly dist: { readonly tarball: string; readonly integrity: string };
}

export type PublishedVersions = Readonly<Record<string, PublishedVersion>>;

export const PUBLIC_REGISTRY = 'https://registry.npmjs.org/';
const DAY = 24 * 3600 * 1000;
/** Milliseconds for a list of versions, and for a tarball of about 50 MB. */
const LIMITS = { list: 60_000, tarball: 300_000 };

/** Packages for the stack, cached in the foundation's volume, so a second staging downloads nothing. */
export class NpmRegistry {
  /** Downloads in progress by path, since two stagings at once need the same files. */
  private readonly running = new Map<string, Promise<void>>();

  public constructor(
    private readonly folder: string,
    private readonly url = PUBLIC_REGISTRY,
    private readonly limits = LIMITS,
  ) {}

  /** At most a day old, or older if the registry can't be reached. */
  public async versions(name: string): Promise<PublishedVersions> {
    const path = join(this.folder, `${name}.json`);
    const age = await stat(path).then(
      ({ mtimeMs }) => Date.now() - mtimeMs,
      () => Infinity,
    );
    if (Math.abs(age) > DAY) {
      try {
        await this.once(path, () => this.refresh(name, path));
      } catch (error) {
        if (age === Infinity) throw error;
      }
    }
    return JSON.parse(await readFile(path, 'utf8')) as PublishedVersions;
  }

  /** Returns the path of the version's tarball. */
  public async tarball(name: string, version: string, { dist }: PublishedVersion): Promise<string> {
    const path = join(this.folder, `${name}-${version}.tgz`);
    await this.once(path, () => this.fetch(path, dist));
    return path;
  }

  private once(path: string, work: () => Promise<void>): Promise<void> {
    const running = this.running.get(path) ?? work().finally(() => this.running.delete(path));
    this.running.set(path, running);
    return running;
  }

  private async refresh(name: string, path: string): Promise<void> {
    const url = new URL(name, withSlash(this.url));
    const { versions } = await asked(url, this.limits.list, async (signal) => {
      const response = await get(url, signal, 'application/vnd.npm.install-v1+json');
      return (await response.json()) as { versions: PublishedVersions };
    });
    await mkdir(this.folder, { recursive: true });
    await writeFile(`${path}.new`, JSON.stringify(versions));
    await rename(`${path}.new`, path);
  }

  private async fetch(path: string, { tarball, integrity }: PublishedVersion['dist']): Promise<void> {
    const present = await access(path).then(
      () => true,
      () => false,
    );
    if (present) return;
    await mkdir(this.folder, { recursive: true });
    const url = new URL(tarball);
    const hash = createHash('sha512');
    await asked(url, this.limits.tarball, async (signal) => {
      const { body } = await get(url, signal);
      await pipeline(Readable.fromWeb(body as ReadableStream), hashedBy(hash), createWriteStream(`${path}.new`));
    });
    const found = `sha512-${hash.digest('base64')}`;
    if (!integrity.split(' ').includes(found)) {
      await rm(`${path}.new`);
      throw new Error(`${tarball} does not match the registry's checksum: ${found} instead of ${integrity}`);
    }
    await rename(`${path}.new`, path);
  }
}

/** Adds the URL and the remedy to every failure. */
async function asked<T>(url: URL, limit: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const signal = AbortSignal.timeout(limit);
  try {
    return await work(signal);
  } catch (error) {
    const { cause, message } = error as Error & { cause?: Error };
    const reason = signal.aborted ? `it took longer than ${limit / 1000} s` : (cause?.message ?? message);
    throw new Error(
      `can't get ${url.href}: ${reason}; check that the foundation's container can reach it, or set another registry ` +
        'with "npm config set registry URL" and run "space-egress local up" again',
      { cause: error },
    );
  }
}

async function get(url: URL, signal: AbortSignal, accept = '*/*'): Promise<Response> {
  const response = await fetch(url, { headers: { accept }, signal });
  if (!response.ok || !response.body) throw new Error(`it answered ${response.status}`);
  return response;
}

/** Passes a stream on, and adds it to the hash. */
export const hashedBy = (hash: Hash) =>
  async function* hashing(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const chunk of chunks) {
      hash.update(chunk);
      yield chunk;
    }
  };

function withSlash(url: string): string {
  return url.endsWith('/') ? url : `${url}/`;
}
