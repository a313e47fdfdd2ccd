import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, resolve, sep } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { Agent, type Dispatcher, ProxyAgent, request } from 'undici';
import { type Entry, open, type ZipFile } from 'yauzl';

const TIMEOUTS = { connect: { timeout: 5_000 }, headersTimeout: 15_000 } as const;

/** Whether `NO_PROXY` covers a host: `*`, the host itself, or a domain above it, with or without a port. */
export function isExempt(url: URL, noProxy: string): boolean {
  return noProxy.split(/[\s,]+/).some((entry) => {
    const [name = '', port] = entry.toLowerCase().split(':');
    if (name === '*') return true;
    if (name === '' || (port !== undefined && port !== (url.port === '' ? defaultPort(url) : url.port))) return false;
    const domain = name.replace(/^\*?\./, '');
    return url.hostname === domain || url.hostname.endsWith(`.${domain}`);
  });
}

const defaultPort = (url: URL): string => (url.protocol === 'https:' ? '443' : '80');

/** The proxy for an address, from the variables that curl and Go read as well. */
export function proxyFor(address: string, env: NodeJS.ProcessEnv = process.env): string | undefined {
  const url = new URL(address);
  const name = url.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY';
  const proxy = env[name.toLowerCase()] ?? env[name];
  if (proxy === undefined || proxy === '' || isExempt(url, env.no_proxy ?? env.NO_PROXY ?? '')) return undefined;
  return proxy;
}

// Node.js has no proxy setting before version 24. NODE_EXTRA_CA_CERTS provides a company's certificates.
function newDispatcher(address: string): Dispatcher {
  const uri = proxyFor(address);
  return uri === undefined ? new Agent(TIMEOUTS) : new ProxyAgent({ uri, ...TIMEOUTS });
}

const MOST_REDIRECTS = 5;

type Body = AsyncIterable<Buffer> & { text(): Promise<string> };

/** Sends a GET request, follows redirects, and passes on the body; any status but 200 is an error. */
async function get<T>(address: string, use: (body: Body) => Promise<T>, redirects = MOST_REDIRECTS): Promise<T> {
  const dispatcher = newDispatcher(address);
  try {
    const { statusCode, headers, body } = await request(address, { dispatcher });
    if (statusCode === 200) return await use(body);
    await body.dump();
    const { location } = headers;
    if (statusCode < 300 || statusCode > 399 || typeof location !== 'string') {
      throw new Error(`${address} answered ${statusCode}`);
    }
    if (redirects === 0) throw new Error(`${address} redirects more than ${MOST_REDIRECTS} times`);
    return await get(new URL(location, address).href, use, redirects - 1);
  } finally {
    await dispatcher.destroy();
  }
}

export const downloadText = (url: string): Promise<string> => get(url, (body) => body.text());

export const downloadFile = (url: string, file: string): Promise<void> =>
  get(url, (body) => pipeline(body, createWriteStream(file)));

/** Whether an address answers 200 within a few seconds. */
export async function isReachable(url: string): Promise<boolean> {
  try {
    await downloadText(url);
    return true;
  } catch {
    return false;
  }
}

export async function sha256OfFile(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}

/** A place for an entry: a path below the folder, and whether it is a program. Undefined leaves the entry out. */
type Placement = (name: string) => { readonly path: string; readonly program: boolean } | undefined;

type Visit = (entry: Entry, read: () => Promise<Readable>) => Promise<void>;

/** Visits the files of an archive one after the other. */
async function eachFile(zip: ZipFile, visit: Visit): Promise<void> {
  const openEntry = promisify((entry: Entry, done: (error: Error | null, stream?: Readable) => void) => {
    zip.openReadStream(entry, done as never);
  });
  const readEntry = async (entry: Entry): Promise<Readable> => (await openEntry(entry)) as Readable;
  await new Promise<void>((done, fail) => {
    zip.on('error', fail);
    zip.on('end', done);
    zip.on('entry', (entry: Entry) => {
      const visited = entry.fileName.endsWith('/') ? Promise.resolve() : visit(entry, () => readEntry(entry));
      visited.then(() => {
        zip.readEntry();
      }, fail);
    });
    zip.readEntry();
  });
}

const openZip = promisify((file: string, done: (error: Error | null, zip?: ZipFile) => void) => {
  open(file, { lazyEntries: true }, done as never);
});

/** Extracts an archive's files where `place` puts them; a path that leaves the folder is an error. */
export async function unzip(file: string, folder: string, place: Placement): Promise<void> {
  const root = resolve(folder);
  await eachFile((await openZip(file)) as ZipFile, async (entry, read) => {
    const placement = place(entry.fileName);
    if (placement === undefined) return;
    const path = resolve(root, placement.path);
    if (!path.startsWith(root + sep)) throw new Error(`${file} holds a file outside its folder: ${entry.fileName}`);
    await mkdir(dirname(path), { recursive: true });
    await pipeline(await read(), createWriteStream(path, { mode: placement.program ? 0o755 : 0o644 }));
  });
}

/**
 * The checksum that Go's checksum database keeps of a module's archive, whatever its compression.
 * @see https://go.dev/ref/mod#go-sum-files
 */
export async function goChecksum(file: string): Promise<string> {
  const lines: [name: string, line: string][] = [];
  await eachFile((await openZip(file)) as ZipFile, async (entry, read) => {
    const hash = createHash('sha256');
    await pipeline(await read(), hash);
    lines.push([entry.fileName, `${hash.digest('hex')}  ${entry.fileName}\n`]);
  });
  const sorted = lines.sort(([a], [b]) => (a < b ? -1 : 1)).map(([, line]) => line);
  return `h1:${createHash('sha256').update(sorted.join('')).digest('base64')}`;
}
