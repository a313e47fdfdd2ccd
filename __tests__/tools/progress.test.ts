import * as fc from 'fast-check';
import { Interrupted } from '../../tools/command';
import { Failure } from '../../tools/failure';
import { endWithFailure, formatDuration, Progress, ReportedFailure, wrap } from '../../tools/progress';

class Paper {
  text = '';
  constructor(readonly isTTY = false) {}
  write(text: string): void {
    this.text += text;
  }
  /** The output, with all times replaced by the same one. */
  get lines(): string[] {
    return this.text
      .trimEnd()
      .replaceAll(/\d+\.\d s/g, 'N s')
      .split('\n');
  }
}

test.each([
  [0, '0.0 s'],
  [149, '0.1 s'],
  [9_949, '9.9 s'],
  [9_950, '10 s'],
  [59_400, '59 s'],
  [59_500, '1 min 0 s'],
  [212_000, '3 min 32 s'],
])('%d ms read as %s', (milliseconds, text) => {
  expect(formatDuration(milliseconds)).toBe(text);
});

test('a step prints its title, its result and its time on one line', async () => {
  const paper = new Paper();
  const step = new Progress(paper).step(
    'engine',
    () => Promise.resolve(7),
    (n) => `number ${n}`,
  );
  await expect(step).resolves.toBe(7);
  expect(paper.lines).toEqual(['✓ engine: number 7 (N s)']);
});

test('a line that is too long breaks between words, and never between a time and its unit', async () => {
  const paper = new Paper();
  const title = `a title of ${'many words '.repeat(6)}`.trim();
  await new Progress(paper).step(title, () => Promise.resolve());
  expect(paper.lines).toEqual([`✓ ${title}`, '  (N s)']);
});

test('without a terminal, a short step is one line, whatever it has done', async () => {
  const paper = new Paper();
  await new Progress(paper).step('engine', (report) => {
    report('download it');
    report('build it');
    return Promise.resolve();
  });
  expect(paper.lines).toEqual(['✓ engine (N s)']);
});

test('without a terminal, a long step reports every ten seconds what it does, if that changed', async () => {
  jest.useFakeTimers();
  try {
    const paper = new Paper();
    await new Progress(paper).step('engine', async (report) => {
      report('download it');
      await jest.advanceTimersByTimeAsync(9_000);
      report('build it');
      await jest.advanceTimersByTimeAsync(21_000);
      report('test it');
      await jest.advanceTimersByTimeAsync(10_000);
    });
    expect(paper.lines).toEqual(['… engine: build it', '… engine: test it', '✓ engine (40 s)']);
  } finally {
    jest.useRealTimers();
  }
});

test('on a terminal, an activity is overwritten, and only the result remains', async () => {
  const paper = new Paper(true);
  await new Progress(paper).step('engine', (report) => {
    report(`download ${'x'.repeat(100)}`);
    return Promise.resolve();
  });
  const drawn = paper.text.split('\r\x1b[2K').filter((line) => line !== '');
  expect(drawn.every((line) => line.trimEnd().length < 80)).toBe(true);
  expect(drawn.at(-1)).toMatch(/^✓ engine \(\d+\.\d s\)\n$/);
});

test("a failing step says what failed, why, and what to do, and its caller doesn't need to repeat it", async () => {
  const paper = new Paper();
  const step = new Progress(paper).step('engine', () =>
    Promise.reject(new Failure('tofu is missing', 'no network', 'install it')),
  );
  await expect(step).rejects.toThrow(ReportedFailure);
  expect(paper.lines).toEqual(['✗ engine (N s)', '  tofu is missing', '  why: no network', '  remedy: install it']);
});

test('an indented line stays indented when it continues', () => {
  const words = 'word '.repeat(20).trim();
  const lines = wrap(`first:\n  ${words}`, '> ').split('\n');
  expect(lines.map((line) => line.replace(/word.*/, ''))).toEqual(['> first:', '>   ', '>   ']);
});

test('wrapped text has the same words in lines of at most 80 columns, unless a word is longer', () => {
  const words = fc.array(fc.stringMatching(/^[a-z]{1,90}$/), { minLength: 1, maxLength: 40 });
  fc.assert(
    fc.property(words, fc.constantFrom('', '  '), (list, indent) => {
      const lines = wrap(list.join(' '), indent).split('\n');
      expect(lines.flatMap((line) => line.trim().split(' '))).toEqual(list);
      for (const line of lines) expect(line.length <= 80 || !line.trim().includes(' ')).toBe(true);
      for (const line of lines) expect(line.startsWith(indent)).toBe(true);
    }),
  );
});

test.each([
  ['a failure', new Failure('no engine', 'no network', 'install it'), 1, 'no engine'],
  ['what a step has shown', new ReportedFailure(new Error('shown')), 1, ''],
  ['an interruption', new Interrupted('SIGINT', false), 130, 'interrupted by SIGINT'],
  ['an interruption that a step has shown', new ReportedFailure(new Interrupted('SIGTERM', true)), 143, ''],
])('a command that %s ends reports it once, with the right exit code', (_what, thrown, code, text) => {
  const paper = new Paper();
  const before = process.exitCode;
  try {
    endWithFailure(thrown, paper);
    expect([process.exitCode, paper.lines[0]?.trim()]).toEqual([code, text]);
  } finally {
    process.exitCode = before;
  }
});
