import { createHash } from 'node:crypto';
import { createServer, type RequestListener, type Server } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import Docker from 'dockerode';
import tar from 'tar-stream';
import { imageFacts, pullImage } from '../../src/cell/image';
import { portOf } from '../../testing/system';

const SILENCE = 3000;
const MANIFEST = 'application/vnd.docker.distribution.manifest.v2+json';

const docker = new Docker();
let server: Server;
let image: string;
let behave: RequestListener;
let registry: RequestListener;

const digest = (content: Buffer): string => `sha256:${createHash('sha256').update(content).digest('hex')}`;

/** A registry with one image, of one file; its paths are those that the engine asks for. */
async function registryWithImage(): Promise<RequestListener> {
  const pack = tar.pack();
  pack.entry({ name: 'file' }, 'content');
  pack.finalize();
  const layer = await buffer(pack);
  const packed = gzipSync(layer);
  const config = Buffer.from(
    JSON.stringify({
      architecture: process.arch === 'arm64' ? 'arm64' : 'amd64',
      os: 'linux',
      config: { ExposedPorts: { '8080/tcp': {} } },
      rootfs: { type: 'layers', diff_ids: [digest(layer)] },
    }),
  );
  const part = (mediaType: string, content: Buffer) => ({ mediaType, size: content.length, digest: digest(content) });
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: MANIFEST,
      config: part('application/vnd.docker.container.image.v1+json', config),
      layers: [part('application/vnd.docker.image.rootfs.diff.tar.gzip', packed)],
    }),
  );
  const blobs = [config, packed];
  return (request, response) => {
    const { url = '' } = request;
    const blob = blobs.find((content) => url.endsWith(`/blobs/${digest(content)}`));
    if (url.includes('/manifests/')) {
      // The engine sends a HEAD request first.
      const headers = { 'Content-Type': MANIFEST, 'Content-Length': manifest.length };
      response.writeHead(200, { ...headers, 'Docker-Content-Digest': digest(manifest) }).end(manifest);
    } else response.writeHead(url === '/v2/' || blob ? 200 : 404).end(blob);
  };
}

beforeAll(async () => {
  registry = await registryWithImage();
});

beforeEach(async () => {
  server = createServer((request, response) => behave(request, response));
  image = `localhost:${await portOf(server)}/team/app:1`;
});

afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await docker
    .getImage(image)
    .remove()
    .catch(() => undefined);
});

/** Only confirms that it is a registry. */
const greet: RequestListener = (request, response) => {
  if (request.url === '/v2/') response.end();
};
const greetAndList: RequestListener = (request, response) => {
  if (!request.url?.includes('/blobs/')) registry(request, response);
};

test.each<[string, RequestListener]>([
  ['keeps its list of layers to itself', greet],
  ['lists layers and sends none', greetAndList],
])('a pull from a registry that %s fails with its name, and works once it answers', async (_what, ill) => {
  behave = ill;
  await expect(pullImage(docker, image, undefined, SILENCE)).rejects.toThrow(
    `failed to pull image "${image}": ${image.split('/')[0] ?? ''} sent nothing for 3 s; check its name and tag, the ` +
      'credentials, and that the container engine can reach the registry',
  );
  behave = registry;
  // An engine may still have data from earlier requests.
  server.closeAllConnections();
  await pullImage(docker, image);
  expect(imageFacts((await docker.getImage(image).inspect()).Config).ports).toEqual([8080]);
});

test('a pull from an unreachable registry fails with its name', async () => {
  // A port where nothing listens, or can start to listen meanwhile.
  image = 'localhost:1/team/app:1';
  await expect(pullImage(docker, image)).rejects.toThrow(
    /^failed to pull image "localhost:.*connection refused.*; check/,
  );
});
