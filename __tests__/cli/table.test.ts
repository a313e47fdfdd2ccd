import * as fc from 'fast-check';
import { table } from '../../cli/table';

const columns = [{ title: '#', align: 'right' }, { title: 'what', wraps: true }, { title: 'seen' }] as const;

describe('a table', () => {
  it('aligns its columns', () => {
    expect(
      table(columns, [
        ['1', 'page', '200'],
        ['10', 'a longer name', 'refused'],
      ]),
    ).toEqual([
      ' #  what           seen',
      '──  ─────────────  ───────',
      ' 1  page           200',
      '10  a longer name  refused',
    ]);
  });

  it('wraps the wrappable column at spaces', () => {
    expect(table(columns, [['1', 'one two three four', 'no']], 20)).toEqual([
      '#  what         seen',
      '─  ───────────  ────',
      '1  one two      no',
      '   three four',
    ]);
  });

  it('breaks an overlong word after punctuation, or anywhere if it has none', () => {
    const lines = table(columns, [['1', 'egress-proxy.apps.internal:3128', 'no']], 28);
    expect(lines.slice(2)).toEqual(['1  egress-proxy.apps.   no', '   internal:3128']);
    expect(table(columns, [['1', 'a'.repeat(15), 'no']], 20).slice(2)).toEqual(['1  aaaaaaaaaaa  no', '   aaaa']);
  });

  it('never exceeds the width or loses a character', () => {
    const word = fc.string({ unit: fc.constantFrom(...'a b c d e f g h'.split(' ')), minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(
        fc.array(fc.array(word, { minLength: 1, maxLength: 12 }), { minLength: 1, maxLength: 5 }),
        (texts) => {
          const lines = table(
            columns,
            texts.map((words, index) => [String(index), words.join(' '), 'ok']),
            60,
          );
          expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(60);
          const letters = lines
            .slice(2)
            .map((line) => line.slice(3))
            .join('')
            .replace(/ok|\s/g, '');
          expect(letters).toBe(texts.flat().join(''));
        },
      ),
    );
  });
});
