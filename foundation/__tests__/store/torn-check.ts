/**
 * Cuts the write-ahead log wherever a power failure could, or replaces the rest with garbage, and opens the store. It
 * must have exactly what was committed before. Prints how many cuts passed. Needs `node:sqlite`.
 */
import assert from 'node:assert/strict';
import { createHash, randomInt } from 'node:crypto';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SqliteStore } from '../../src/store/sqlite';

const COMMITS = 40;
const RANDOM_CUTS = 60;
/** A page with the header of a log frame. */
const FRAME = 4096 + 24;

interface Moment {
  /** Bytes of the log once the commit had returned. */
  readonly size: number;
  readonly digest: string;
}

const folder = mkdtempSync(join(tmpdir(), 'foundation-torn-'));
const digestOf = (store: SqliteStore): string =>
  createHash('sha256')
    .update(JSON.stringify([...store.load()]))
    .digest('hex');

try {
  const [file, log] = [join(folder, 'whole.db'), join(folder, 'whole.db-wal')];
  const store = new SqliteStore(file);
  const moments: Moment[] = [{ size: statSync(log).size, digest: digestOf(store) }];
  for (let number = 0; number < COMMITS; number += 1) {
    const value = { number, text: 'x'.repeat(randomInt(6000)) };
    store.commit([
      { kind: 'apps', guid: `app-${number % 7}`, value: number % 5 === 4 ? undefined : value },
      { kind: 'spaces', guid: `space-${number}`, value: { number } },
    ]);
    moments.push({ size: statSync(log).size, digest: digestOf(store) });
  }
  const whole = readFileSync(log);
  const first = moments[0]?.size ?? 0;
  const cuts = [
    ...Array.from({ length: RANDOM_CUTS }, () => randomInt(first, whole.length + 1)),
    ...Array.from({ length: Math.floor((whole.length - first) / FRAME) }, (_, frame) => first + frame * FRAME),
    ...moments.flatMap(({ size }) => [size - 1, size]),
  ].filter((cut) => cut >= first);
  for (const [index, cut] of cuts.entries()) {
    const torn = join(folder, 'torn.db');
    copyFileSync(file, torn);
    // Every other time, the rest is garbage.
    const rest = index % 2 === 0 ? Buffer.alloc(0) : whole.subarray(cut).map((byte) => byte ^ 0xff);
    writeFileSync(`${torn}-wal`, Buffer.concat([whole.subarray(0, cut), rest]));
    const opened = new SqliteStore(torn);
    const expected = moments.findLast(({ size }) => size <= cut);
    assert.equal(digestOf(opened), expected?.digest, `cut at ${cut} of ${whole.length}`);
    opened.close();
    for (const name of ['', '-wal', '-shm']) rmSync(`${torn}${name}`, { force: true });
  }
  console.log(`${cuts.length} cuts`);
  store.close();
} finally {
  rmSync(folder, { recursive: true, force: true });
}
