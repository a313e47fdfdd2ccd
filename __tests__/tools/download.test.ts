import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { downloadFile, downloadText, isExempt, isReachable, proxyFor, sha256OfFile } from '../../tools/download';

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
  folder = mkdtempSync(join(tmpdir(), 'download-'));
});
afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true });
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
