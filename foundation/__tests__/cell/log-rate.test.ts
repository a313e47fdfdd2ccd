import { LogRate } from '../../src/cell/instance-log';

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
