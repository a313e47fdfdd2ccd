import { LogLimit, type Verdict } from '../../src/cell/instance-log';

const passed = (verdicts: readonly Verdict[]): number => verdicts.filter(({ passes }) => passes).length;
const notices = (verdicts: readonly Verdict[]): string[] =>
  verdicts.flatMap((verdict) => (verdict.passes || verdict.notice === undefined ? [] : [verdict.notice]));

test("lines beyond the rate in bytes are dropped, with one notice in the platform's words", () => {
  const limit = new LogLimit(1024);
  const second = (at: number): Verdict[] => Array.from({ length: 20 }, () => limit.admit(100, at));
  const first = second(0);
  expect([passed(first), notices(first)]).toEqual([10, ['app instance exceeded log rate limit (1024 bytes/sec)']]);
  expect([passed(second(0)), notices(second(0))]).toEqual([0, []]);
  const next = second(1000);
  expect([passed(next), notices(next)]).toEqual([10, ['app instance exceeded log rate limit (1024 bytes/sec)']]);
});

test('a rate of 0 drops every line, without a notice', () => {
  const limit = new LogLimit(0);
  expect(limit.admit(1, 0)).toEqual({ passes: false });
});

test('every instance has a limit of lines', () => {
  const limit = new LogLimit(undefined, 100);
  const verdicts = Array.from({ length: 250 }, (_, line) => limit.admit(10, line));
  // One comes back every 10 ms.
  expect(passed(verdicts)).toBe(124);
  expect(notices(verdicts)[0]).toBe(
    'app instance exceeded log rate limit (100 log-lines/sec) set by platform operator',
  );
  expect(passed(Array.from({ length: 100 }, () => limit.admit(10, 10_000)))).toBe(100);
});

test("lines out of order don't get extra allowance", () => {
  const limit = new LogLimit(undefined, 10);
  expect(passed(Array.from({ length: 20 }, (_, line) => limit.admit(1, 5000 - (line % 2) * 1000)))).toBe(10);
});

test('setting the clock back gives no extra allowance, and does not drop lines until it has caught up', () => {
  const limit = new LogLimit(undefined, 10);
  expect(passed(Array.from({ length: 20 }, () => limit.admit(1, 3_600_000)))).toBe(10);
  expect(limit.admit(1, 0).passes).toBe(false);
  expect(passed(Array.from({ length: 20 }, () => limit.admit(1, 1000)))).toBe(10);
});
