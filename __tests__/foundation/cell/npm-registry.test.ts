import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NpmRegistry } from '../../../foundation/src/cell/npm-registry';

const TARBALL = Buffer.from('as a registry has it');

let server: Server;
let asked: string[];
let folder: string;
let registry: NpmRegistry;

beforeEach(async () => {
  asked = [];
  folder = mkdtempSync(join(tmpdir(), 'npm-registry-'));
  server = createServer(({ url = '' }, response) => {
    asked.push(url);
    const tarball = `http://127.0.0.1:${(server.address() as AddressInfo).port}/node-1.0.0.tgz`;
    const integrity = `sha512-${createHash('sha512').update(TARBALL).digest('base64')}`;
    response.end(
      url === '/node' ? JSON.stringify({ versions: { '1.0.0': { dist: { tarball, integrity } } } }) : TARBALL,
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  registry = new NpmRegistry(folder, `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});

afterEach(() => {
  server.closeAllConnections();
  server.close();
  rmSync(folder, { recursive: true, force: true });
});

test('two stagings at once do not take the half-written file from each other, and ask the registry once', async () => {
  const stage = async (): Promise<Buffer> => {
    const { '1.0.0': version } = await registry.versions('node');
    if (!version) throw new Error('the version is not in the list');
    return readFile(await registry.tarball('node', '1.0.0', version));
  };
  expect(await Promise.all([stage(), stage(), stage()])).toEqual([TARBALL, TARBALL, TARBALL]);
  expect(asked).toEqual(['/node', '/node-1.0.0.tgz']);
  await stage();
  expect(asked).toHaveLength(2);
});
