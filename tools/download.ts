import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { EnvHttpProxyAgent, request } from 'undici';

// Node.js 20 has no proxy setting of its own; this agent reads HTTP_PROXY, HTTPS_PROXY and NO_PROXY in both cases.
// Node.js itself takes a company's certificates from NODE_EXTRA_CA_CERTS.
const newAgent = (): EnvHttpProxyAgent =>
  new EnvHttpProxyAgent({ connect: { timeout: 5_000 }, headersTimeout: 15_000 });

const MOST_REDIRECTS = 5;

/** GETs an address, follows redirects, and hands over the body; anything but 200 is an error. */
async function get<T>(
  url: string,
  use: (body: AsyncIterable<Buffer> & { text(): Promise<string> }) => Promise<T>,
): Promise<T> {
  const agent = newAgent();
  try {
    let address = url;
    for (let hop = 0; hop <= MOST_REDIRECTS; hop += 1) {
      const { statusCode, headers, body } = await request(address, { dispatcher: agent });
      if (statusCode === 200) return await use(body);
      await body.dump();
      const { location } = headers;
      if (statusCode < 300 || statusCode > 399 || typeof location !== 'string') {
        throw new Error(`${address} answered ${statusCode}`);
      }
      address = new URL(location, address).href;
    }
    throw new Error(`${url} redirects more than ${MOST_REDIRECTS} times`);
  } finally {
    await agent.destroy();
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

/** The checksum of a file in the text of a `SHA256SUMS` file. */
export function checksumIn(sums: string, file: string): string {
  for (const line of sums.split('\n')) {
    const [checksum, name] = line.trim().split(/\s+\*?/);
    if (name === file && checksum !== undefined && /^[0-9a-f]{64}$/.test(checksum)) return checksum;
  }
  throw new Error(`the list of checksums has no "${file}"`);
}
