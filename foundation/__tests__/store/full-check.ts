/**
 * Fills the file system in the argument while the store writes to it. Committed changes stay, others are refused with
 * the right error, and once there is room, the same store continues. Prints how many commits there was room for.
 */
import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SqliteStore } from '../../src/store/sqlite';
import { StoreFullError } from '../../src/store/store';

const [, , folder = ''] = process.argv;
const filler = join(folder, 'filler');
const file = join(folder, 'store.db');
const guids = (store: SqliteStore): string[] => [...store.load()].map(({ guid }) => guid);

writeFileSync(filler, Buffer.alloc(1024 * 1024));
const store = new SqliteStore(file);
const committed: string[] = [];
const commit = (guid: string): void => {
  store.commit([{ kind: 'apps', guid, value: { text: 'x'.repeat(5000) } }]);
  committed.push(guid);
};
assert.throws(() => {
  for (let number = 0; ; number += 1) commit(`app-${number}`);
}, StoreFullError);
const room = committed.length;
assert.deepEqual(guids(store), committed);
assert.throws(() => commit('again'), StoreFullError);
rmSync(filler);
commit('after');
assert.deepEqual(guids(store), committed);
store.close();
const reopened = new SqliteStore(file);
assert.deepEqual(guids(reopened), committed);
reopened.close();
console.log(`${room} commits`);
