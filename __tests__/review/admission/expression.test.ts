import fc from 'fast-check';
import {
  readExpression,
  writeExpression,
  literalOf,
  type Expression,
  Refusal,
} from '../../../review/admission/expression';

/** Texts of characters with a meaning, in any order. */
const signs = [
  ...['$', '%', '{', '}', '${', '"', '\\', '\n', ' ', 'a', 'file', '(', ')', '[', ']', '.', ',', '=', '#', '/*'],
  ...['<<', '~', '0'],
];
/** Leaves out texts that have more than one sign before a brace, which are refused. */
const meant = (written: string): boolean => !/[$%]{2}\{/.test(written);
const text = fc.array(fc.constantFrom(...signs), { maxLength: 12 }).map((parts) => parts.join(''));
const name = fc.stringMatching(/^[a-z_][a-z0-9_-]{0,5}$/).filter((each) => !['true', 'false', 'null'].includes(each));

const isText = (part: string | Expression): boolean => typeof part !== 'string' && literalOf(part) !== undefined;

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
      // A template with only an expression is that expression, and adjacent texts are one text.
      .filter((one) => one.kind === 'template' && one.parts.length > 1 && !one.parts.some(isText)),
    fc.array(tie('expression'), { maxLength: 3 }).map((items): Expression => ({ kind: 'list', items })),
    fc
      .uniqueArray(fc.tuple(fc.oneof(name, text.filter(meant)), tie('expression')), {
        maxLength: 3,
        selector: ([key]) => key,
      })
      // In a JSON object, keys that look like numbers come first.
      .map((entries): Expression => ({ kind: 'object', entries: Object.entries(Object.fromEntries(entries)) })),
    fc
      .tuple(name, fc.array(tie('expression'), { maxLength: 3 }))
      .map(([called, args]): Expression => ({ kind: 'call', name: called, args })),
  ),
}));

describe('an expression', () => {
  it('means the same after it is written again', () => {
    fc.assert(
      fc.property(expression, (one) => {
        expect(readExpression(writeExpression(one))).toEqual(one);
      }),
      { numRuns: 1000 },
    );
  });

  it('that was admitted is written the same each time, so the plan has what was understood', () => {
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

  it.each(['${"$"}${a.b}', '${"%"}${a.b}', 'x${"$$"}${upper("a")}', '${upper("${"$"}${a.b}")}'])(
    'is refused if a combined sign comes before another one: %s',
    (written) => {
      expect(() => readExpression(written)).toThrow(Refusal);
    },
  );

  it.each([
    ['${"$"}{file("/etc/passwd")}', '$${file("/etc/passwd")}'],
    ['${"%"}{if true}', '%%{if true}'],
    ['$${"$"}{a.b}', '$${"$"}{a.b}'],
    ['${upper("${"$"}{a.b}")}', '${upper("$${a.b}")}'],
  ])('never joins two texts into a template mark: %s', (written, anew) => {
    expect(writeExpression(readExpression(written))).toBe(anew);
  });

  it.each(['${upper("\\u0000")}', '${upper("\\u200f")}', '${upper("\\ud800")}', '${upper("\\u2028")}'])(
    "is refused if an escape means something that quotes can't contain: %s",
    (written) => {
      expect(() => readExpression(written)).toThrow(Refusal);
    },
  );

  it.each([
    '${a.b ? 1 : 2}',
    '${a.b + 1}',
    '${!a.b}',
    '${a}',
    '${a.b[0]}',
    '${a.b.0}',
    '${upper("x").y}',
    '${(a.b)[c.d]}',
  ])('is refused if it has more than names, texts and calls, even if the review evaluates it: %s', (written) => {
    expect(() => readExpression(written)).toThrow(Refusal);
  });

  it("that nests endlessly is refused, and doesn't exhaust the stack", () => {
    expect(() => readExpression(`\${${'['.repeat(100_000)}`)).toThrow('is nested too deeply');
    expect(() => readExpression(`\${${'upper("${'.repeat(10_000)}`)).toThrow('is nested too deeply');
  });
});
