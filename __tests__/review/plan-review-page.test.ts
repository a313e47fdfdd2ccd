/** The reference for security engineers: each claim names its test, and the test exists. The guide names the inputs. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { REPOSITORY } from '../../tools/platform';

const PAGE = readFileSync(join(REPOSITORY, 'review', 'README.md'), 'utf8');
const GUIDE = readFileSync(join(REPOSITORY, 'docs', 'plan-review.md'), 'utf8');
const WORKFLOWS = join(REPOSITORY, '.github', 'workflows');
/** The questions that the page answers, in order. */
const QUESTIONS = ['Who can do what', 'What is never shown', 'What an approval binds', 'What the gate can’t see'];

const sectionsOf = (page: string): string[] => page.replaceAll("can't", 'can’t').split(/^(?=## )/m);
const sectionOf = (page: string, title: string): string =>
  sectionsOf(page).find((section) => section.startsWith(`## ${title}\n`)) ?? '';
/** The cells of a table's rows, without the header. */
const rowsOf = (text: string): string[][] =>
  [...text.matchAll(/^\|(.*)\|$/gm)]
    .map(([, row = '']) => row.split(/(?<!\\)\|/).map((cell) => cell.trim()))
    .filter(([first = '']) => !/^(?:-+|what holds|input)$/.test(first));

/** The rows of all tables whose last column is for tests, as claims with their tests. */
const claims = [...PAGE.matchAll(/^\|.*\| (?:its )?test \|\n\|[ |-]+\|\n((?:\|.*\|\n?)+)/gm)].flatMap(([, rows = '']) =>
  rowsOf(rows).map((row) => [row[0] ?? '', row.at(-1) ?? ''] as const),
);

/** A test on the page, with its file and title. */
const NAMED = /\[[\w./-]+\]\(\.\.\/(__tests__\/[\w./-]+)\)\s+\*([^*]+)\*/g;

test('the questions of a security engineer are in order, and each has claims', () => {
  const titles = sectionsOf(PAGE).map((section) => /^## (.*)/.exec(section)?.[1] ?? '');
  expect(titles.filter((title) => QUESTIONS.includes(title))).toEqual(QUESTIONS);
  for (const title of QUESTIONS) expect([title, rowsOf(sectionOf(PAGE, title)).length > 3]).toEqual([title, true]);
});

test.each(claims)('%s: it is tested', (_, tests = '') => {
  const all = tests.split('<br>').map((each) => each.replace(NAMED, ''));
  expect(all.filter((rest) => rest !== '' && !/^\*[^*]+\*$/.test(rest))).toEqual([]);
  expect([...tests.matchAll(NAMED)].length).toBeGreaterThan(0);
});

const named = [...PAGE.matchAll(NAMED)].map(([, file = '', title = '']) => [file, title.replace(/\s+/g, ' ')] as const);

test("every link to a test on the page has the test's title", () => {
  expect([...PAGE.matchAll(/\]\(\.\.\/__tests__\/[^)]*\.ts\)/g)]).toHaveLength(named.length);
});

/** A title in any quotes. */
const QUOTED = /(?:'((?:[^'\\]|\\.)*)'|["`]([^"`]*)["`])/.source;
/** Titles of tests, of groups of tests, and of a test's cases. */
const TITLES = [
  /^\s*(?:it|test|testUnder\(\w+\)|describe|whenAvailable|\](?: as const)?\))(?:\.each(?:<.*>)?\(.*\))?\(\s*QUOTED/,
  /^\s*(?:\{ )?(?:title: )QUOTED,/,
  /^\s*\[QUOTED,/,
  /^ {2}QUOTED:/,
].map(({ source }) => new RegExp(source.replace('QUOTED', QUOTED), 'gm'));

test.each([...new Map(named.map((one) => [one.join(), one])).values()])('%s has the test: %s', (file, title) => {
  expect([file, existsSync(join(REPOSITORY, file))]).toEqual([file, true]);
  const text = readFileSync(join(REPOSITORY, file), 'utf8');
  const titles = TITLES.flatMap((pattern) => [...text.matchAll(pattern)].map(([, one, other = '']) => one ?? other));
  expect([title, titles.some((each) => each.includes(title))]).toEqual([title, true]);
});

test('every section of the page names a test', () => {
  const [, ...sections] = PAGE.split(/^(?=##+ )/m);
  const without = sections.filter((section) => [...section.matchAll(NAMED)].length === 0);
  expect(without.map((section) => section.split('\n')[0])).toEqual([]);
});

test('the guide names the inputs of the workflows, with their defaults', () => {
  const inputs = ['plan-review.yml', 'plan-review-comment.yml'].flatMap((file) => {
    const { on } = parse(readFileSync(join(WORKFLOWS, file), 'utf8')) as {
      on: { workflow_call: { inputs: Record<string, { default: string }> } };
    };
    return Object.entries(on.workflow_call.inputs).map(([name, input]) => ({ name, file, value: input.default }));
  });
  const told = rowsOf(sectionOf(GUIDE, 'Set up in ten minutes').replace(/^ +/gm, '')).filter((row) => row.length === 3);
  expect(told.map(([name]) => name)).toEqual([...new Set(inputs.map(({ name }) => `\`${name}\``))].sort(byOrder(told)));
  for (const [name = '', value = '', of] of told) {
    const [first, second] = inputs.filter((input) => `\`${input.name}\`` === name);
    expect(of).toBe(second === undefined ? first?.file.replace('.yml', '') : 'both');
    if (first?.value !== '') expect(value).toContain(`\`${first?.value ?? ''}\``);
    if (second !== undefined) expect(second.value).toBe(first?.value);
  }
});

const byOrder = (rows: readonly (readonly string[])[]) => {
  const place = (name: string): number => rows.findIndex(([first]) => first === name);
  return (one: string, other: string): number => place(one) - place(other);
};

test('the pages restrict every environment with secrets to the default branch, or to tags', () => {
  const pages = readdirSync(join(REPOSITORY, 'docs')).filter((name) => name.endsWith('.md'));
  const docs = ['CONTRIBUTING.md', ...pages.map((name) => join('docs', name))];
  const told = docs.map((name) => readFileSync(join(REPOSITORY, name), 'utf8').replace(/\s+/g, ' ')).join('\n');
  const environments = readdirSync(WORKFLOWS).flatMap((file) => {
    const { jobs } = parse(readFileSync(join(WORKFLOWS, file), 'utf8')) as {
      jobs: Record<string, { environment?: string }>;
    };
    const withSecrets = Object.values(jobs).filter((job) => JSON.stringify(job).includes('secrets.'));
    return withSecrets.map(({ environment = `${file} has secrets without one` }) => environment);
  });
  expect(environments).toEqual(expect.arrayContaining(['egress-plan', 'egress-audit', 'proxy-image']));
  const isTold = (name: string) =>
    new RegExp(`\`${name}\`, \\*?restrict(?:ed| it) to (?:the default branch|tags)`).test(told);
  expect(environments.filter((name) => !isTold(name))).toEqual([]);
});
