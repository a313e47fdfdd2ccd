import fc from 'fast-check';
import { readExpression, writeExpression } from '../../../review/admission/json-expression';
import type { Expression } from '../../../review/admission/expression';
import { Refusal } from '../../../review/admission/refusal';

/** Texts of the signs that mean something, in any order. */
const signs = [
  '$',
  '%',
  '{',
  '}',
  '${',
  '"',
  '\\',
  '\n',
  ' ',
  'a',
  'file',
  '(',
  ')',
  '[',
  ']',
  '.',
  ',',
  '=',
  '#',
  '/*',
  '<<',
  '~',
  '0',
];
/** More marks before a brace than one are refused. */
const meant = (written: string): boolean => !/[$%]{2}\{/.test(written);
const text = fc.array(fc.constantFrom(...signs), { maxLength: 12 }).map((parts) => parts.join(''));
const name = fc.stringMatching(/^[a-z_][a-z0-9_-]{0,5}$/).filter((each) => !['true', 'false', 'null'].includes(each));

const { expression } = fc.letrec<{ expression: Expression }>((tie) => ({
  expression: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom(true, false, null, 0, -1, 1.5).map((value): Expression => ({ kind: 'literal', value })),
    text.filter(meant).map((part): Expression => ({ kind: 'template', parts: [part] })),
    fc
      .tuple(name, fc.array(fc.oneof(name, fc.constantFrom('a.b', '"', '${x}')), { minLength: 1, maxLength: 3 }))
      .map(([root, steps]): Expression => ({ kind: 'reference', steps: [root, ...steps] })),
    fc
      .tuple(fc.constantFrom('', 'https://', '"', '{'), tie('expression'), fc.constantFrom('', '/', '}'))
      .map(([before, part, after]): Expression => {
        const parts = [before, part, after].filter((each) => each !== '');
        return { kind: 'template', parts };
      })
      // A template of an expression alone is that expression.
      .filter(({ kind, ...rest }) => kind !== 'template' || ('parts' in rest && rest.parts.length > 1)),
    fc.array(tie('expression'), { maxLength: 3 }).map((items): Expression => ({ kind: 'list', items })),
    fc
      .uniqueArray(fc.tuple(fc.oneof(name, text.filter(meant)), tie('expression')), {
        maxLength: 3,
        selector: ([key]) => key,
      })
      // An object of JSON has the keys that look like numbers first.
      .map((entries): Expression => ({ kind: 'object', entries: Object.entries(Object.fromEntries(entries)) })),
    fc
      .tuple(name, fc.array(tie('expression'), { maxLength: 3 }))
      .map(([called, args]): Expression => ({ kind: 'call', name: called, args })),
  ),
}));

describe('an expression', () => {
  it('says the same when it was written anew', () => {
    fc.assert(
      fc.property(expression, (one) => {
        expect(readExpression(writeExpression(one))).toEqual(one);
      }),
      { numRuns: 1000 },
    );
  });

  it('that was admitted is written the same each time, so that what is planned is what was understood', () => {
    fc.assert(
      fc.property(text, (written) => {
        let once: unknown;
        try {
          once = writeExpression(readExpression(written));
        } catch (error) {
          expect(error).toBeInstanceOf(Refusal);
          return;
        }
        expect(writeExpression(readExpression(once))).toEqual(once);
      }),
      { numRuns: 5000 },
    );
  });

  it('that nests without an end is refused, and takes no stack', () => {
    expect(() => readExpression(`\${${'['.repeat(100_000)}`)).toThrow('nests too deep');
    expect(() => readExpression(`\${${'upper("${'.repeat(10_000)}`)).toThrow('nests too deep');
  });
});
