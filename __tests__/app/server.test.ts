import { join } from 'node:path';

import fc from 'fast-check';

import { codePoint } from '../support/laws';
import { APP, Stage, closedPort } from './support/stage';

const { parseKey } = jest.requireActual<{ parseKey: (path: string) => string | null }>(join(APP, 'src/files.js'));

const stage = new Stage();
afterEach(() => stage.close());

test.each([
  ['GET', '/', 200],
  ['HEAD', '/', 200],
  ['GET', '/?anything', 200],
  ['GET', '/egress', 200],
  ['HEAD', '/egress', 200],
  ['GET', '/healthz', 200],
  ['POST', '/', 405],
  ['DELETE', '/egress', 405],
  ['PUT', '/proxy/small.txt', 405],
  ['GET', '/nothing', 404],
  ['POST', '/nothing', 404],
  ['GET', '/healthz/', 404],
  ['GET', '/proxy', 404],
  ['GET', '/proxy/', 400],
  ['GET', '/noproxy/%E0', 400],
  ['GET', '/proxy/%2e%2e%2fx', 400],
])('%s %s is %i', async (method, path, status) => {
  const { url } = await stage.app({});
  const response = await fetch(url + path, { method });
  expect(response.status).toBe(status);
  expect(response.headers.get('allow')).toBe(status === 405 ? 'GET, HEAD' : null);
  expect((await response.text()) === '').toBe(method === 'HEAD');
});

test("the page is HTML that isn't cached and can't load anything", async () => {
  const { url } = await stage.app({});
  const { headers } = await fetch(url);
  expect(Object.fromEntries(headers)).toMatchObject({
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'content-security-policy': expect.stringContaining("default-src 'none'") as string,
  });
});

test('the page says what is missing instead of failing', async () => {
  const { url } = await stage.app({ EGRESS_PROBES: '<b>', VCAP_SERVICES: '{}' });
  const page = await (await fetch(url)).text();
  expect(page).toContain('EGRESS_PROBES is not JSON');
  expect(page).not.toContain('<b>');
});

test('each request is one line of the log, without its query', async () => {
  const { url, logged } = await stage.app({ HTTPS_PROXY: `http://127.0.0.1:${await closedPort()}` });
  await fetch(`${url}/healthz?token=secret`);
  await fetch(`${url}/nothing`, { method: 'POST' });
  await fetch(`${url}/noproxy/a%0ab`);
  expect((await logged(3)).map((line) => line.replace(/\d+ms/, 'Nms'))).toEqual([
    'GET /healthz 200 Nms',
    'POST /nothing 404 Nms',
    'GET /noproxy/a%0ab 400 Nms',
  ]);
});

test("idle connections outlive the 90 seconds of the platform's router", async () => {
  const { url } = await stage.app({});
  expect((await fetch(`${url}/healthz`)).headers.get('keep-alive')).toBe('timeout=95');
});

test('every encoded key of an object decodes to itself', () => {
  const part = fc.string({ unit: codePoint, minLength: 1, maxLength: 20 });
  const key = fc
    .array(part, { minLength: 1, maxLength: 5 })
    .map((parts) => parts.join('/'))
    .filter((text) => !/\p{Cc}/u.test(text) && !text.split('/').some((segment) => /^\.\.?$/.test(segment)));
  fc.assert(fc.property(key, (text) => parseKey(encodeURIComponent(text)) === text));
});

test.each([
  ['nothing', ''],
  ['a broken escape', '%E0%A4%A'],
  ['a bare percent sign', '100%'],
  ['a line break', 'a%0d%0ab'],
  ['a NUL', 'a%00'],
  ['a way up', 'a/../b'],
  ['an encoded way up', '%2e%2e%2fb'],
  ['a dot', './b'],
  ['more than 1024 bytes', 'ä'.repeat(513)],
])('the key of an object is not %s', (_what, path) => {
  expect(parseKey(path)).toBeNull();
});
