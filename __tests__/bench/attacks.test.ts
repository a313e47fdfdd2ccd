import { readFileSync } from 'node:fs';
import { attemptsOn, attemptTables, countThrough, nameOf, PAGE, PART } from '../../bench/attacks';
import { generatedPart, withGenerated } from '../../tools/markdown';
import { GROUPS } from '../squid/attempts';

const page = readFileSync(PAGE, 'utf8');
const every = GROUPS.flatMap(({ title, attempts }) => attempts.map((attempt) => ({ title, attempt })));

test('the page on attacks has exactly one line for each attempt in the tests: npm run bench:attacks', () => {
  const lines = attemptsOn(page).map(({ title, what }) => `${title}: ${what}`);
  expect([...lines].sort()).toEqual(every.map(({ title, attempt }) => `${title}: ${nameOf(attempt)}`).sort());
  expect(new Set(lines).size).toBe(lines.length);
});

test('on the page, nothing gets through this proxy, and every other cell is filled', () => {
  const cells = attemptsOn(page).map((row) => row.cells);
  expect(cells.filter(([ours]) => ours?.includes('**'))).toEqual([]);
  expect(cells.filter((row) => row.length < 4 || row.includes(''))).toEqual([]);
});

test('attempts that got through are counted and in bold, and the table can be read back', () => {
  const good = new Map(every.map(({ attempt }) => [attempt, '403 ERR_NOT_LISTED'] as const));
  const bad = new Map(every.map(({ attempt }) => [attempt, 'reached www.example.net, looked up | and more'] as const));
  expect(countThrough(good)).toBe(0);
  const answers = [
    { name: 'good', outcomes: good },
    { name: 'bad', outcomes: bad },
  ];
  const rows = attemptsOn(withGenerated(page, PART, attemptTables(answers)));
  expect(rows).toHaveLength(every.length);
  expect(rows.filter(({ cells: [ours] }) => ours !== 'refused')).toEqual([]);
  expect(rows.filter(({ cells }) => cells[1]?.startsWith('**'))).toHaveLength(countThrough(bad));
  expect(countThrough(bad)).toBeGreaterThan(100);
});

test('a page without the markers is refused', () => {
  expect(() => generatedPart('# Security', PART)).toThrow('the page has no <!-- attempts');
});
