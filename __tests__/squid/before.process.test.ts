import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { rulesFor } from './entrypoint';

const HELPER = join(__dirname, '../../squid/before.awk');

/** The helper's answer for a moment in seconds since 1970, by this machine's clock. */
function answers(...moments: readonly number[]): string[] {
  const { stdout, stderr } = spawnSync('awk', ['-f', HELPER], {
    input: moments.map(String).join('\n'),
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  return stdout.trim().split('\n');
}

const DAY = 24 * 60 * 60 * 1000;
const dayFrom = (time: number): string => new Date(time).toISOString().slice(0, 10);
const endOf = (day: string): number =>
  Number(/external before (\d+)/.exec(rulesFor([`old.example.gov:443 until ${day}`]))?.[1]);

test('the end of a destination is the first moment of the next day in UTC, also over a leap day', () => {
  expect(new Date(endOf('2026-12-31') * 1000).toISOString()).toBe('2027-01-01T00:00:00.000Z');
  expect(new Date(endOf('2028-02-28') * 1000).toISOString()).toBe('2028-02-29T00:00:00.000Z');
  expect(new Date(endOf('9999-12-31') * 1000).toISOString()).toBe('+010000-01-01T00:00:00.000Z');
});

test('the clock says that a destination is open through its last day, and no longer', () => {
  // If midnight is between the question and the answer, both are repeated.
  const asked = (): { today: string; said: string[] } => {
    const now = Date.now();
    const days = [now - 400 * DAY, now - DAY, now, now + DAY, now + 400 * DAY].map(dayFrom);
    return { today: dayFrom(now), said: answers(...days.map(endOf)) };
  };
  let { today, said } = asked();
  if (today !== dayFrom(Date.now())) ({ today, said } = asked());
  expect(said).toEqual(['ERR', 'ERR', 'OK', 'OK', 'OK']);
});
