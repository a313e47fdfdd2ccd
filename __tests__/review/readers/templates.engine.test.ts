/** The review evaluates a program's texts like the engine. */
import fc from 'fast-check';
import { readTree } from '../../../review/readers/tree';
import { Unresolved, type Value } from '../../../review/readers/values';
import { ENGINE_NAMES } from '../../../tools/engine';
import { engineHere, testUnder } from '../../support/engines';
import { outputsOf, REFUSED } from '../support/engine';

jest.setTimeout(300_000);

const EXPRESSIONS = Number(process.env.EXPRESSIONS ?? 1500);

const GIVEN = {
  locals: {
    name: 'web',
    spaced: '  two words ',
    ports: [80, 443],
    hosts: ['b.example', 'a.example', 'b.example'],
    map: { b: 'two', a: 'one', 'a.b': 'three' },
    deep: { list: [{ name: 'x' }], none: null, '${local.name}': '$${name}' },
    yes: true,
    behind: '${local.name}-${local.ports[0]}',
  },
  variable: {
    text: { type: 'string', default: 7 },
    set: { type: 'set(string)', default: ['b', 'a', 'b'] },
    any: { default: { x: ['y'] } },
  },
};

const texts = fc.constantFrom(
  ...['"web"', '"A,b"', '""', '"$${x}"', '"%%{x}"', '"a\\"b\\\\\\n"', '"<&>"', '"ä"', '"${local.name}!"'],
);
const numbers = fc.constantFrom('0', '1', '-2', '443', '2.5');
const known = fc.constantFrom(
  ...['local.name', 'local.spaced', 'local.ports', 'local.hosts', 'local.map', 'local.deep', 'local.yes'],
  ...['local.behind', 'local.ports[1]', 'local.hosts.0', 'local.map["a.b"]', 'local.map.b'],
  ...['local.deep.list[0].name', 'local.deep.web', 'var.text', 'var.set', 'var.any', 'var.any.x[0]'],
  ...['local.deep.none'],
);
const FUNCTIONS: readonly (readonly [name: string, args: number])[] = [
  ...['base64encode', 'base64sha256', 'compact', 'distinct', 'jsonencode', 'keys', 'length', 'lower'].map(
    (name) => [name, 1] as const,
  ),
  ...['range', 'reverse', 'sha256', 'sort', 'tolist', 'tomap', 'toset', 'trimspace', 'upper', 'values'].map(
    (name) => [name, 1] as const,
  ),
  ...['concat', 'element', 'join', 'max', 'merge', 'min', 'split', 'trim', 'trimprefix', 'trimsuffix', 'range'].map(
    (name) => [name, 2] as const,
  ),
  ...['join', 'lookup', 'replace', 'min', 'concat'].map((name) => [name, 3] as const),
];

const { expression } = fc.letrec<{ expression: string }>((tie) => {
  const inner = tie('expression');
  return {
    expression: fc.oneof(
      { maxDepth: 3, depthSize: 'small' },
      { weight: 3, arbitrary: known },
      { weight: 2, arbitrary: texts },
      numbers,
      fc.constantFrom('true', 'false', 'null'),
      fc.array(inner, { maxLength: 3 }).map((items) => `[${items.join(', ')}]`),
      fc.tuple(inner, inner).map(([a, b]) => `{ "k" = ${a}, b = ${b}, (local.name) : 1 }`),
      fc.tuple(inner, inner, inner).map(([a, b, c]) => `(${a} == ${b} ? ${c} : ${b})`),
      fc
        .tuple(fc.constantFrom('local.yes', 'false', '!local.yes'), inner, inner)
        .map(([a, b, c]) => `(${a} ? ${b} : ${c})`),
      fc
        .tuple(inner, fc.constantFrom('+', '-', '*', '/', '%', '<', '>=', '==', '!=', '&&', '||'), inner)
        .map((all) => `(${all.join(' ')})`),
      fc.tuple(inner, inner).map(([a, b]) => `"\${${a}}-\${${b}}"`),
      {
        weight: 6,
        arbitrary: fc
          .tuple(fc.constantFrom(...FUNCTIONS), fc.array(inner, { minLength: 3, maxLength: 3 }))
          .map(([[name, args], of]) => `${name}(${of.slice(0, args).join(', ')})`),
      },
    ),
  };
});

/** The review's result for each text; undefined if it leaves the evaluation to the engine. */
function mine(expressions: readonly string[]): (Value | undefined)[] {
  const values = Object.fromEntries(expressions.map((each, index) => [`o${index}`, `\${${each}}`]));
  const [read] = readTree([{ name: 'demo', json: { ...GIVEN, resource: { terraform_data: { all: values } } } }]);
  const isKnown = (value: Value): boolean =>
    !(value instanceof Unresolved) &&
    (typeof value !== 'object' || value === null || Object.values(value as object).every(isKnown));
  return expressions.map((_, index) => {
    const value = read?.values[`o${index}`] as Value;
    return isKnown(value) ? value : undefined;
  });
}

describe.each(ENGINE_NAMES)('what %s makes of a text', (engineName) => {
  testUnder(engineName)('is what the review makes of it, wherever it makes anything of it', async () => {
    const engine = await engineHere(engineName);
    const seed = Number(process.env.EXPRESSIONS_SEED ?? Date.now());
    const expressions = fc.sample(expression, { numRuns: EXPRESSIONS, seed });
    const outputs = outputsOf(engine.path, GIVEN, expressions);
    const found = mine(expressions);
    const told = found.flatMap((value, index) => {
      const theirs = outputs[index] ?? '';
      // What the engine refuses is never applied.
      if (value === undefined || theirs === REFUSED) return [];
      return [[expressions[index], value, JSON.parse(theirs) as unknown] as const];
    });
    expect(
      told.filter(([, value, theirs]) => JSON.stringify(sorted(value)) !== JSON.stringify(sorted(theirs))),
    ).toEqual([]);
    // Otherwise nothing would have been compared.
    expect(told.length).toBeGreaterThan(EXPRESSIONS / 5);
  });
});

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  );
}
