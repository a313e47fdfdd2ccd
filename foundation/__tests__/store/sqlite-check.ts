/** Runs the contract against the durable store, in a Node.js with `node:sqlite`, and prints the checks that passed. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SqliteStore } from '../../src/store/sqlite';
import { contract } from './contract';

for (const [name, check] of Object.entries(contract)) {
  const folder = mkdtempSync(join(tmpdir(), 'foundation-store-'));
  const file = join(folder, 'store.db');
  const opened: SqliteStore[] = [];
  const open = (): SqliteStore => {
    const store = new SqliteStore(file);
    opened.push(store);
    return store;
  };
  try {
    check(open(), (store) => {
      store.close();
      opened.pop();
      return open();
    });
    console.log(name);
  } finally {
    for (const store of opened) store.close();
    rmSync(folder, { recursive: true, force: true });
  }
}
