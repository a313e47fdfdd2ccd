import { join } from 'node:path';

import fc from 'fast-check';

import { codePoint } from '../support/laws';
import { APP } from './support/stage';

const { parseKey } = jest.requireActual<{ parseKey: (path: string) => string | null }>(join(APP, 'src/object-key.js'));

test('every encoded key decodes to itself', () => {
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
])('refuses %s', (_what, path) => {
  expect(parseKey(path)).toBeNull();
});
