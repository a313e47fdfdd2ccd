import type { Change, Store } from './store';

/** Keeps nothing beyond the process: for tests, and where `node:sqlite` can't be had. */
export class MemoryStore implements Store {
  // As text, so that nobody shares an object with the store: what comes back is what was committed, not what it became.
  private readonly rows = new Map<string, Change & { readonly text: string }>();

  public *load(): Iterable<{ readonly kind: string; readonly guid: string; readonly value: object }> {
    for (const { kind, guid, text } of this.rows.values()) {
      yield { kind, guid, value: JSON.parse(text) as object };
    }
  }

  public commit(changes: readonly Change[]): void {
    const texts = changes.map((change) => ({ ...change, text: JSON.stringify(change.value) }));
    for (const row of texts) {
      const key = `${row.kind}/${row.guid}`;
      if (row.value === undefined) {
        this.rows.delete(key);
      } else {
        this.rows.set(key, row);
      }
    }
  }

  public close(): void {
    this.rows.clear();
  }
}
