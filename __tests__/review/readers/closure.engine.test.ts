/** If the engine evaluates a text differently after a change, the review must see a difference too. */
import fc from 'fast-check';
import { readTree } from '../../../review/readers/tree';
import { canonical, type Value } from '../../../review/readers/values';
import { EITHER_ENGINE, engineHere, testUnder } from '../../support/engines';
import { outputsOf, REFUSED } from '../support/engine';

jest.setTimeout(300_000);

const EXPRESSIONS = Number(process.env.EXPRESSIONS ?? 600);

const LOCALS = {
  name: 'web',
  hosts: ['b.example', 'a.example'],
  map: { web: 'one', 'a.b': 'two' },
  deep: { list: [{ name: 'x' }] },
  behind: '${local.name}-${join("", local.hosts)}',
  'with-dash': 'dash',
  été: 'summer',
  constructor: 'made',
  data: { list: 'data' },
};
const VARIABLES = { text: { type: 'string', default: 'given' }, any: { default: { x: ['y'] } } };
const BEFORE = {
  locals: LOCALS,
  variable: VARIABLES,
  resource: { terraform_data: { constructor: { input: 'kept' } } },
};

/** Programs in which one value that texts refer to has changed. */
const CHANGES: readonly object[] = [
  ...Object.entries({
    name: 'a.b',
    hosts: ['c.example'],
    map: { web: 'another', 'a.b': 'two' },
    deep: { list: [{ name: 'y' }] },
    'with-dash': 'other',
    été: 'winter',
    constructor: 'unmade',
    data: { list: 'other' },
  }).map(([name, value]) => ({ ...BEFORE, locals: { ...LOCALS, [name]: value } })),
  { ...BEFORE, variable: { ...VARIABLES, text: { type: 'string', default: 'other' } } },
  { ...BEFORE, variable: { ...VARIABLES, any: { default: { x: ['z'] } } } },
  { ...BEFORE, resource: { terraform_data: { constructor: { input: 'other' } } } },
];

/** What can be between two tokens, and what looks like it. */
const between = fc.oneof(
  { weight: 6, arbitrary: fc.constant('') },
  fc.constantFrom(' ', '/**/', '/* a.b "*/', '/* ${ */', '/*//*/', '/***/', '/* # */', '\t'),
);
/** Within brackets, it can also be a line end, or a comment to the end of the line. */
const within = fc.oneof(between, fc.constantFrom('\n', '# local.x "\n', '// */ ${\n', '\r\n'));

const PATHS: readonly (readonly string[])[] = [
  ['local', 'name'],
  ['local', 'hosts'],
  ['local', 'map', 'web'],
  ['local', 'deep', 'list'],
  ['local', 'behind'],
  ['local', 'with-dash'],
  ['local', 'été'],
  ['local', 'constructor'],
  ['local', 'data', 'list'],
  ['var', 'text'],
  ['var', 'any', 'x'],
  ['terraform_data', 'constructor', 'input'],
];
const path = fc
  .tuple(fc.constantFrom(...PATHS), fc.array(within, { minLength: 6, maxLength: 6 }))
  .map(([names, gaps]) => {
    const whole = names.reduce((all, name, at) => `${all}${gaps[at * 2] ?? ''}.${gaps[at * 2 + 1] ?? ''}${name}`);
    return /[\n]/.test(whole) ? `(${whole})` : whole;
  });

const QUOTED = ['"/*"', '"*/"', '"//"', '"#"', '"$${"', '"\\""', '"a.b"', '"${"/*"}"', '"local.name"'];
const { expression } = fc.letrec<{ expression: string }>((tie) => {
  const inner = tie('expression');
  const pair = fc.tuple(inner, inner);
  return {
    expression: fc.oneof(
      { maxDepth: 3, depthSize: 'small' },
      { weight: 5, arbitrary: path },
      fc.constantFrom(...QUOTED),
      fc.tuple(within, inner, within).map(([a, of, b]) => `(${a}${of}${b})`),
      fc.tuple(within, pair, within).map(([a, [one, other], b]) => `[${a}${one},${b}${other}]`),
      pair.map(([one, other]) => `{ (${one}) = ${other} }`),
      pair.map(([one, other]) => `"\${${one}}/*\${${other}}"`),
      pair.map(([one, other]) => `(${one} == ${other} ? ${one} : ${other})`),
      pair.map(([one, other]) => `[for each in [${one}] : each if each != ${other}]`),
      pair.map(([one, other]) => `{ for key, each in { a = ${one} } : key => [each, ${other}] }`),
      inner.map((of) => `[${of}][*]`),
      inner.map((of) => `"%{ for each in [${of}] ~} \${jsonencode(each)} %{ endfor ~}"`),
      pair.map(([one, other]) => `"%{ if ${one} == ${other} }a%{ else }b%{ endif }"`),
      inner.map((of) => `(<<-EOT\n  // \${jsonencode(${of})} /*\n  EOT\n)`),
      fc
        .tuple(fc.constantFrom('jsonencode', 'try', 'coalesce', 'format("%v",', 'sha256', 'flatten', 'length'), pair)
        .map(([name, [one, other]]) =>
          name.endsWith(',') ? `${name} ${one})` : `${name}(${name === 'try' ? `${one}, ${other}` : one})`,
        ),
      inner.map((of) => `lookup(local.map, ${of}, "none")`),
      inner.map((of) => `[${of}][length([${of}]) - 1]`),
    ),
  };
});

/** The review's value for each expression. */
function mine(program: object, expressions: readonly string[]): string[] {
  const values = Object.fromEntries(expressions.map((each, index) => [`o${index}`, `\${${each}}`]));
  const more = { cloudfoundry_app: { all: values } };
  const { resource, ...others } = program as { resource: object };
  const read = readTree([{ name: 'demo', json: { ...others, resource: { ...resource, ...more } } }]);
  const all = read.find(({ type }) => type === 'cloudfoundry_app');
  return expressions.map((_, index) => canonical(all?.values[`o${index}`] as Value));
}

describe.each(EITHER_ENGINE)('what %s makes of a text', (engineName) => {
  testUnder(engineName)('is never another thing after a change without being one for the review', async () => {
    const engine = await engineHere(engineName);
    const seed = Number(process.env.EXPRESSIONS_SEED ?? Date.now());
    const drawn = fc.sample(expression, { numRuns: EXPRESSIONS, seed });
    const had = outputsOf(engine.path, BEFORE, drawn);
    const isKnown = (value: string | undefined): boolean => value !== undefined && value !== REFUSED;
    const expressions = drawn.filter((_, index) => isKnown(had[index]));
    const theirs = had.filter(isKnown);
    const old = mine(BEFORE, expressions);
    let differences = 0;
    for (const change of CHANGES) {
      const now = outputsOf(engine.path, change, expressions);
      const read = mine(change, expressions);
      const different = expressions.map((_, index) => now[index] !== theirs[index]);
      differences += different.filter(Boolean).length;
      expect(expressions.filter((_, index) => different[index] === true && old[index] === read[index])).toEqual([]);
    }
    // Otherwise nothing would have been compared.
    expect(differences).toBeGreaterThan(EXPRESSIONS / 10);
  });
});
