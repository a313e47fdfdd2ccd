import { append } from '../../evidence/append';
import { checkChain } from '../../evidence/chain';
import { daysOf, historyOf } from '../../evidence/history';
import { pageOf, monthsBefore, reportOf } from '../../evidence/report';
import { HEAD, recordName, type Finding } from '../../evidence/record';
import { FRAMEWORKS, type Framework } from '../../evidence/requirements';
import { readSince } from '../../evidence/commands/report';
import { print } from '../../review/report/markdown';
import { draft, MemoryStore } from './support/memory';

const at = (day: number, hour = 0): Date => new Date(Date.UTC(2026, 0, 1 + day, hour));
const WINDOW = { since: at(0), until: at(20) };

type Entry = readonly [day: number, finding: Partial<Finding>];

async function storeOf(...entries: readonly Entry[]): Promise<MemoryStore> {
  const store = new MemoryStore();
  for (const [day, finding] of entries) await append(store, draft(finding, at(day)));
  return store;
}

const AUDIT = { kind: 'audit', method: 'configuration', subject: 'org/closed' } as const;
const REVIEW = { kind: 'review', method: 'review', subject: 'pull request 7' } as const;
const DIFFERS = { outcome: 'not as expected' } as const;
const NOTHING = { outcome: 'inconclusive', summary: 'the quota is too small' } as const;

const textOf = async (framework: Framework, ...entries: readonly Entry[]): Promise<string> =>
  print(reportOf(checkChain(await storeOf(...entries)), framework, WINDOW));

test('an inconclusive run ends no gap, and is neither a success nor a failure', async () => {
  const { records } = checkChain(await storeOf([2, AUDIT], [6, { ...AUDIT, ...NOTHING }], [10, AUDIT], [19, AUDIT]));
  const { runs, failures, inconclusive } = historyOf(records, WINDOW);
  const [configuration] = runs;
  expect(configuration).toMatchObject({ expected: 3, differing: 0, inconclusive: 1 });
  expect(configuration?.gap).toEqual({ from: at(10), to: at(19) });
  expect(failures).toEqual([]);
  expect(inconclusive.map(({ number }) => number)).toEqual([2]);
});

test('a gap spans the whole window if nothing ran', () => {
  const { runs } = historyOf([], WINDOW);
  expect(runs.map(({ gap }) => daysOf(gap))).toEqual([20, 20, 20]);
});

test('a success that is dated in the future resolves nothing, and is named', async () => {
  const entries: Entry[] = [
    [1, { ...AUDIT, ...DIFFERS }],
    [30, AUDIT],
  ];
  const { failures, runs } = historyOf(checkChain(await storeOf(...entries)).records, WINDOW);
  expect(failures.map(({ first, mended }) => [first.number, mended?.number])).toEqual([[1, undefined]]);
  expect(runs[0]).toMatchObject({ expected: 0, differing: 1 });
  expect(await textOf('KSI', ...entries)).toContain('Dated after this report, and not counted: 1 records (2).');
  expect(await textOf('KSI', [1, AUDIT])).not.toContain('Dated after');
});

test('a failure is resolved only by the next success of the same method on the same subject', async () => {
  const { records } = checkChain(
    await storeOf(
      [1, { ...AUDIT, ...DIFFERS }],
      [2, { ...AUDIT, ...DIFFERS }],
      [3, { ...AUDIT, subject: 'org/other' }],
      [4, {}],
      [5, { ...AUDIT, ...NOTHING }],
      [6, AUDIT],
      [7, DIFFERS],
    ),
  );
  const { failures } = historyOf(records, WINDOW);
  expect(failures.map(({ first, mended }) => [first.number, mended?.number])).toEqual([
    [1, 6],
    [7, undefined],
  ]);
});

test("an approval resolves what it allows, and isn't a run of the review", async () => {
  const approval = {
    kind: 'approval',
    method: 'review',
    subject: REVIEW.subject,
    approvedBy: ['ada'],
    digest: 'd1',
  } as const;
  const { records } = checkChain(await storeOf([1, { ...REVIEW, ...DIFFERS }], [2, approval]));
  const { failures, runs } = historyOf(records, WINDOW);
  expect(failures.map(({ mended }) => mended?.approvedBy)).toEqual([['ada']]);
  expect(runs.at(-1)).toMatchObject({ method: 'review', expected: 0, differing: 1 });
});

test('a failure before the window is reported if it was resolved in the window or never, but not if earlier', async () => {
  const { records } = checkChain(
    await storeOf([1, DIFFERS], [2, {}], [3, { ...AUDIT, ...DIFFERS }], [9, AUDIT], [4, { ...REVIEW, ...DIFFERS }]),
  );
  const { failures } = historyOf(records, { since: at(5), until: at(20) });
  expect(failures.map(({ first }) => first.number)).toEqual([3, 5]);
});

test('the report shows which requirement of which class is met', async () => {
  const daily = Array.from({ length: 20 }, (_, day): Entry[] => [
    [day, AUDIT],
    [day, {}],
    [day, REVIEW],
  ]).flat();
  const text = await textOf('KSI', ...daily);
  expect(text).toMatch(/\| B +\| met \(should have 1\) +\| met \(every 7 days\)/);
  expect(text).toMatch(
    /\| C +\| not met by these methods alone \(must have 2\): KSI-CNA-EIS, KSI-CMT-LMC +\| met \(every 3 days\)/,
  );
  expect(text).toMatch(/\| D .* not met \(18 months\): the records begin 2026-01-01/);
  const seldom = await textOf('KSI', [1, AUDIT], [19, {}]);
  expect(seldom).toMatch(/not met \(every 7 days\): longest 18\.0 days, from 2026-01-02/);
});

test.each(Object.keys(FRAMEWORKS) as Framework[])(
  'the report for %s names every requirement once, with what is not met',
  async (framework) => {
    const text = await textOf(framework, [1, AUDIT]);
    for (const { id, name } of FRAMEWORKS[framework]) expect(text.split(`${id} ${name}`)).toHaveLength(2);
    const [, others = ''] = text.split('## Not this project’s to meet');
    for (const { id, methods } of FRAMEWORKS[framework])
      expect([id, others.includes(`${id} `)]).toEqual([id, methods.length === 0]);
    expect(text).toMatch(/Source of the requirements: /);
  },
);

test('an incomplete chain is reported first, with what is wrong, and nothing uncertain is counted', async () => {
  const store = await storeOf([1, AUDIT], [2, AUDIT], [3, AUDIT]);
  store.files.set(recordName(2), Buffer.from('{}'));
  const text = print(reportOf(checkChain(store), 'KSI', WINDOW));
  expect(text).toMatch(/The chain is not intact: /);
  expect(text).toContain(`\`${recordName(2)}\``);
  expect(text).toMatch(/\| configuration +\| 1 /);
  store.files.delete(HEAD);
  expect(print(reportOf(checkChain(store), 'KSI', WINDOW))).toContain('`head.json`');
});

test('names in records are never markup, neither in Markdown nor on the page', async () => {
  const evil = '<script>alert(1)</script> | [x](javascript:1) @team';
  const text = await textOf('KSI', [1, { ...AUDIT, ...DIFFERS, subject: evil, summary: evil }]);
  const page = pageOf('Evidence', text);
  expect(page).not.toMatch(/<script|<a /);
  expect(page).toContain('&lt;script&gt;');
  expect(page).toMatch(/<th[^>]*>method<\/th>/);
});

test("months are counted by the calendar, even from a day that the earlier month doesn't have", () => {
  const now = new Date('2026-08-31T12:00:00Z');
  expect(monthsBefore(now, 6).toISOString()).toBe('2026-02-28T12:00:00.000Z');
  expect(readSince('2y')(now).toISOString()).toBe('2024-08-31T12:00:00.000Z');
  expect(readSince('30d')(now).toISOString()).toBe('2026-08-01T12:00:00.000Z');
  expect(readSince('2026-01-31')(now).toISOString()).toBe('2026-01-31T00:00:00.000Z');
  for (const wrong of ['2026-02-30', '6', '6w', '2026-13-01', 'yesterday', '0m'])
    expect(() => readSince(wrong)).toThrow(/write a day/);
});
