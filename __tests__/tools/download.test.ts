import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { strToU8, zipSync } from 'fflate';
import {
  downloadFile,
  downloadText,
  goChecksum,
  isExempt,
  isReachable,
  proxyFor,
  sha256OfFile,
  unzip,
} from '../../tools/download';
import { temporaryFolder } from '../support/temporary-folder';

let server: Server;
let origin: string;
let folder: string;

beforeAll(async () => {
  server = createServer((request, response) => {
    if (request.url === '/file') response.end('content');
    else if (request.url === '/moved') response.writeHead(302, { location: '/file' }).end();
    else if (request.url === '/loop') response.writeHead(302, { location: '/loop' }).end();
    else response.writeHead(404).end('none');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  folder = temporaryFolder();
});
afterAll(() => {
  server.close();
});

test('a file is downloaded through a redirect, and its checksum is that of its content', async () => {
  const file = join(folder, 'file');
  await downloadFile(`${origin}/moved`, file);
  expect(readFileSync(file, 'utf8')).toBe('content');
  await expect(sha256OfFile(file)).resolves.toBe(createHash('sha256').update('content').digest('hex'));
});

test('anything but a file is an error that names the address', async () => {
  await expect(downloadText(`${origin}/none`)).rejects.toThrow(`${origin}/none answered 404`);
  await expect(downloadText(`${origin}/loop`)).rejects.toThrow('/loop redirects more than 5 times');
});

test('an address is reachable when it answers 200', async () => {
  await expect(isReachable(`${origin}/file`)).resolves.toBe(true);
  await expect(isReachable(`${origin}/none`)).resolves.toBe(false);
  await expect(isReachable('http://127.0.0.1:1/')).resolves.toBe(false);
});

const proxy = 'http://proxy:3128';

test.each([
  ['https://a.example/x', { HTTPS_PROXY: proxy }, proxy],
  ['https://a.example/x', { https_proxy: proxy }, proxy],
  ['https://a.example/x', { HTTP_PROXY: proxy }, undefined],
  ['http://a.example/x', { http_proxy: proxy }, proxy],
  ['https://a.example/x', { HTTPS_PROXY: '' }, undefined],
  ['https://a.example/x', { HTTPS_PROXY: proxy, NO_PROXY: 'a.example' }, undefined],
  ['https://a.example/x', { HTTPS_PROXY: proxy, no_proxy: 'b.example', NO_PROXY: 'a.example' }, proxy],
])('%s with %j goes through %s', (address, env, expected) => {
  expect(proxyFor(address, env)).toBe(expected);
});

test.each([
  ['https://a.example', 'a.example', true],
  ['https://x.a.example', 'a.example', true],
  ['https://x.a.example', '.a.example', true],
  ['https://xa.example', 'a.example', false],
  ['https://a.example', 'b.example, A.EXAMPLE', true],
  ['https://a.example:8443', 'a.example:8443', true],
  ['https://a.example', 'a.example:8443', false],
  ['https://a.example', 'a.example:443', true],
  ['https://a.example', '*', true],
  ['https://a.example', '', false],
])('%s with NO_PROXY=%j needs no proxy: %j', (address, noProxy, exempt) => {
  expect(isExempt(new URL(address), noProxy)).toBe(exempt);
});

describe('an archive', () => {
  let folder: string;
  let archive: string;
  beforeEach(() => {
    folder = temporaryFolder();
    archive = join(folder, 'a.zip');
  });

  const zip = (files: Record<string, string>): void => {
    writeFileSync(
      archive,
      zipSync(Object.fromEntries(Object.entries(files).map(([name, text]) => [name, strToU8(text)]))),
    );
  };

  test('files go where they are placed, and those without a place are left out', async () => {
    zip({ 'x/bin/go': 'program', 'x/README': 'text', 'x/other': 'left out' });
    const out = join(folder, 'out');
    await unzip(archive, out, (name) =>
      name === 'x/other' ? undefined : { path: name.slice(2), program: name.includes('/bin/') },
    );
    expect(readFileSync(join(out, 'bin', 'go'), 'utf8')).toBe('program');
    expect(statSync(join(out, 'bin', 'go')).mode & 0o111).not.toBe(0);
    expect(statSync(join(out, 'README')).mode & 0o111).toBe(0);
    expect(existsSync(join(out, 'other'))).toBe(false);
  });

  test('a file that would leave its folder is refused', async () => {
    zip({ 'a/b': 'text' });
    const out = join(folder, 'out');
    await expect(unzip(archive, out, () => ({ path: '../escaped', program: false }))).rejects.toThrow(
      'holds a file outside its folder',
    );
    expect(existsSync(join(folder, 'escaped'))).toBe(false);
  });

  test("a file that isn't an archive is an error", async () => {
    writeFileSync(archive, 'not a zip');
    await expect(unzip(archive, folder, () => undefined)).rejects.toThrow();
  });

  test('the checksum of a module archive is independent of order and compression, and is of names and contents', async () => {
    const files = { 'm@v1/b': 'two', 'm@v1/a': 'one' };
    zip(files);
    const sum = await goChecksum(archive);
    // The sha256sum of each file, two spaces, and its name; then the sha256sum of these lines, in Base64.
    expect(sum).toBe('h1:QioaE1iy6ZDvqZamf7vDXvT1moS1nWAooMrZ8QpmCNU=');
    writeFileSync(archive, zipSync({ 'm@v1/a': strToU8('one'), 'm@v1/b': strToU8('two') }, { level: 0 }));
    await expect(goChecksum(archive)).resolves.toBe(sum);
    zip({ ...files, 'm@v1/a': 'changed' });
    await expect(goChecksum(archive)).resolves.not.toBe(sum);
  });
});
