import fc from 'fast-check';
import { checkDay, dayOf, daysBetween, isOver } from '../../../constructs/values/day';

const days = fc
  .date({ min: new Date('1970-01-01'), max: new Date('9999-12-31T23:59:59Z'), noInvalidDate: true })
  .map(dayOf);

test('a day lasts to its last second in UTC, in any time zone', () => {
  expect(dayOf(new Date('2026-12-31T23:59:59.999Z'))).toBe('2026-12-31');
  expect(dayOf(new Date('2027-01-01T00:59:59+01:00'))).toBe('2026-12-31');
  expect(dayOf(new Date('2027-01-01T00:00:00Z'))).toBe('2027-01-01');
});

test('days are in the order of their text, and what has a last day is over on each later one', () => {
  fc.assert(
    fc.property(days, days, (one, other) => {
      expect(checkDay(one)).toBe(one);
      expect(Math.sign(daysBetween(one, other))).toBe(one < other ? 1 : one > other ? -1 : 0);
      expect(isOver(one, other)).toBe(daysBetween(one, other) > 0);
      expect(isOver(undefined, other)).toBe(false);
    }),
  );
});

test.each(['2026-02-30', '2027-02-29', '2026-13-01', '2026-1-1', '31.12.2026', '2026-12-31T00:00:00Z', 'tomorrow', ''])(
  "%j isn't a day",
  (text) => {
    expect(() => checkDay(text)).toThrow(`'${text}' is not a day of the calendar: write year, month and day`);
  },
);
