import { join } from 'node:path';

import { APP } from './support/stage';

const { bypasses } = jest.requireActual<{ bypasses: (noProxy: readonly string[], target: URL) => boolean }>(
  join(APP, 'src/proxy-settings.js'),
);

test.each([
  ['example.com', 'https://example.com/', true],
  ['example.com', 'https://www.example.com/', true],
  ['.example.com', 'https://www.example.com/', true],
  ['.example.com', 'https://example.com/', true],
  ['*.example.com', 'https://www.example.com/', true],
  ['example.com', 'https://notexample.com/', false],
  ['example.com', 'https://example.com.other.test/', false],
  ['www.example.com', 'https://example.com/', false],
  ['example.com:443', 'https://example.com/', true],
  ['example.com:80', 'https://example.com/', false],
  ['example.com:80', 'http://example.com/', true],
  ['example.com:8443', 'https://example.com:8443/', true],
  ['127.0.0.1', 'http://127.0.0.1:8080/', true],
  ['*', 'https://example.com/', true],
  ['.', 'https://example.com/', false],
])('NO_PROXY=%s and %s: %s', (entry, target, expected) => {
  expect(bypasses(['localhost', entry], new URL(target))).toBe(expected);
});

test('without NO_PROXY nothing bypasses the proxy', () => {
  expect(bypasses([], new URL('https://localhost/'))).toBe(false);
});
