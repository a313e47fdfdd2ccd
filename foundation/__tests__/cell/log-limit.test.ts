import { LogLimit, type Verdict } from '../../src/cell/log-limit';

const passed = (verdicts: readonly Verdict[]): number => verdicts.filter(({ passes }) => passes).length;
const notices = (verdicts: readonly Verdict[]): string[] =>
  verdicts.flatMap((verdict) => (verdict.passes || verdict.notice === undefined ? [] : [verdict.notice]));

test('what is over the rate in bytes is left out, and that is said once in the words of the platform', () => {
  const limit = new LogLimit(1024);
  const second = (at: number): Verdict[] => Array.from({ length: 20 }, () => limit.admit(100, at));
  const first = second(0);
  expect([passed(first), notices(first)]).toEqual([10, ['app instance exceeded log rate limit (1024 bytes/sec)']]);
  expect([passed(second(0)), notices(second(0))]).toEqual([0, []]);
  const next = second(1000);
  expect([passed(next), notices(next)]).toEqual([10, ['app instance exceeded log rate limit (1024 bytes/sec)']]);
});

test('a rate of 0 lets nothing into the log, not even a word about that', () => {
  const limit = new LogLimit(0);
  expect(limit.admit(1, 0)).toEqual({ passes: false });
});

test('any instance is held to a number of lines', () => {
  const limit = new LogLimit(undefined, 100);
  const verdicts = Array.from({ length: 250 }, (_, line) => limit.admit(10, line));
  // One comes back every 10 ms.
  expect(passed(verdicts)).toBe(124);
  expect(notices(verdicts)[0]).toBe(
    'app instance exceeded log rate limit (100 log-lines/sec) set by platform operator',
  );
  expect(passed(Array.from({ length: 100 }, () => limit.admit(10, 10_000)))).toBe(100);
});

test('lines that are out of order are given nothing twice', () => {
  const limit = new LogLimit(undefined, 10);
  expect(passed(Array.from({ length: 20 }, (_, line) => limit.admit(1, 5000 - (line % 2) * 1000)))).toBe(10);
});

test('a clock that was put back gives nothing at once, and does not keep lines out until it has caught up', () => {
  const limit = new LogLimit(undefined, 10);
  expect(passed(Array.from({ length: 20 }, () => limit.admit(1, 3_600_000)))).toBe(10);
  expect(limit.admit(1, 0).passes).toBe(false);
  expect(passed(Array.from({ length: 20 }, () => limit.admit(1, 1000)))).toBe(10);
});
