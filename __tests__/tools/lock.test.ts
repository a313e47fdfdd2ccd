import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { isStale, Lock } from '../../tools/lock';

let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lock-'));
  path = join(folder, 'lock');
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

test.each([
  { sameHost: true, running: true, silentFor: 0, stale: false, who: 'a working process here' },
  { sameHost: true, running: false, silentFor: 0, stale: true, who: 'a dead process here' },
  { sameHost: true, running: true, silentFor: 61_000, stale: true, who: 'a number that another process got' },
  { sameHost: false, running: false, silentFor: 1_000, stale: false, who: 'a process on another host' },
  { sameHost: false, running: false, silentFor: 61_000, stale: true, who: 'a silent process on another host' },
])('a lock held by $who is stale: $stale', ({ stale, ...owner }) => {
  expect(isStale(owner)).toBe(stale);
});

test('at most one of many processes has the lock, and nothing is left behind', async () => {
  // No process has this number: Linux uses none above 2^22.
  writeFileSync(path, JSON.stringify({ host: hostname(), pid: 2 ** 22 + 1 }));
  let inside = 0;
  const most: number[] = [];
  const take = async (): Promise<void> => {
    const lock = await Lock.take(path);
    most.push((inside += 1));
    await new Promise((resolve) => setImmediate(resolve));
    inside -= 1;
    await lock.release();
  };
  await Promise.all(Array.from({ length: 8 }, take));
  expect(most).toEqual(Array.from({ length: 8 }, () => 1));
  expect(readdirSync(folder)).toEqual([]);
});
