import fc from 'fast-check';
import {
  type Frame,
  FrameParser,
  LogLimit,
  LogRate,
  messageLength,
  readFrame,
  type Verdict,
} from '../../src/cell/instance-log';

function encoded({ stream, timestamp, message }: Frame): Buffer {
  const seconds = new Date(Number(timestamp.slice(0, -9)) * 1000).toISOString().slice(0, 19);
  const payload = Buffer.from(`${seconds}.${timestamp.slice(-9)}Z ${message}\n`);
  const header = Buffer.from([stream === 'ERR' ? 2 : 1, 0, 0, 0, 0, 0, 0, 0]);
  header.writeUInt32BE(payload.length, 4);
  return Buffer.concat([header, payload]);
}

const frame: fc.Arbitrary<Frame> = fc.record({
  stream: fc.constantFrom('OUT' as const, 'ERR' as const),
  timestamp: fc
    .tuple(fc.integer({ min: 1e9, max: 2e9 }), fc.integer({ min: 0, max: 999_999_999 }))
    .map(([seconds, nanoseconds]) => `${seconds}${String(nanoseconds).padStart(9, '0')}`),
  message: fc.string({ unit: 'grapheme' }).map((text) => text.replace(/[\r\n]/g, ' ')),
});

test('frames are parsed the same, however the stream is split', () =>
  fc.assert(
    fc.property(fc.array(frame, { maxLength: 6 }), fc.array(fc.nat(400)), (frames, cuts) => {
      const stream = Buffer.concat(frames.map(encoded));
      const places = [...new Set([0, ...cuts.map((cut) => Math.min(cut, stream.length)), stream.length])].sort(
        (a, b) => a - b,
      );
      const parser = new FrameParser();
      const found = places.flatMap((place, index) => [
        ...parser.push(stream.subarray(place, places[index + 1] ?? stream.length)),
      ]);
      expect(found.map(readFrame)).toEqual(frames);
      expect(found.map(messageLength)).toEqual(frames.map(({ message }) => Buffer.byteLength(message)));
      expect(found.map(({ at }) => at / 1000)).toEqual(frames.map(({ timestamp }) => Number(timestamp.slice(0, -9))));
    }),
  ));

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

const START = 1_700_000_000_000;

test('a steady stream has its own rate, which falls to zero in silence', () => {
  const rate = new LogRate();
  for (let second = 0; second < 20; second++) {
    rate.add(600, START + second * 1000);
    rate.add(400, START + second * 1000 + 500);
  }
  const last = START + 19_500;
  expect(rate.at(last)).toBe(1000);
  expect(rate.at(last + 2000)).toBe(600);
  expect(rate.at(last + 10_000)).toBe(0);
});

test('without lines the rate is zero, and a single line counts for a fifth', () => {
  const rate = new LogRate();
  expect(rate.at(START)).toBe(0);
  rate.add(500, START);
  expect(rate.at(START)).toBe(100);
});

test('after the clock is set back, it counts from there', () => {
  const rate = new LogRate();
  rate.add(5000, START);
  rate.add(500, START - 3_600_000);
  expect(rate.at(START - 3_600_000)).toBe(100);
  expect(rate.at(START)).toBe(0);
});
