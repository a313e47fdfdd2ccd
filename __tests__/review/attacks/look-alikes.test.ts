import fc from 'fast-check';
import { code, mermaidText, visible, apart } from '../../../review/report/escape';

const LOOK_THE_SAME: readonly (readonly [string, string])[] = [
  ['web', 'w\u0435b'],
  ['api', '\u0430\u0440\u0456'],
  ['my-app', 'my\u2011app'],
  ['my-app', 'my\u2013app'],
  ['web', '\uff57\uff45\uff42'],
  ['no', '\u03bd\u03bf'],
  ['caf\u00e9', 'cafe\u0301'],
  ['a\u200bb', 'a\\u{200b}b'],
  ['w\u0435b', 'w\\u{435}b'],
];

describe('names that look the same', () => {
  it.each(LOOK_THE_SAME)('%j and %j are shown as different ones', (one, other) => {
    for (const shown of [(name: string) => code(name).value, mermaidText]) {
      const [first, second] = [shown(one), shown(other)];
      expect(second).not.toBe(first);
      expect([first, second].some((text) => /\\u\{|#92;u#123;/.test(text))).toBe(true);
    }
  });

  it.each(['web', 'веб', '服务', 'größe', 'café', 'καφές', 'web−1 größe'])('%j stays as it is', (name) => {
    expect(apart(name)).toBe(name);
  });

  it('no two names are shown as one', () => {
    const part = fc.constantFrom(
      '\\',
      'u{435}',
      '\u0435',
      '\u200b',
      'u{200b}',
      '\\u{',
      '|',
      'e',
      '\u0301',
      '\u00e9',
      '{',
      '}',
    );
    const name = fc.array(part, { minLength: 1, maxLength: 6 }).map((parts) => parts.join(''));
    fc.assert(
      fc.property(name, name, (one, other) => {
        fc.pre(one !== other);
        expect(visible(one)).not.toBe(visible(other));
        expect(code(one).value).not.toBe(code(other).value);
      }),
    );
  });
});
