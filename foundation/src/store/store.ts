/** A change of one row, by kind and GUID; a value of `undefined` deletes it. */
export interface Change {
  readonly kind: string;
  readonly guid: string;
  readonly value: object | undefined;
}

/** The disk is full, and nothing was written. */
export class StoreFullError extends Error {
  override readonly name = 'StoreFullError';
}

/**
 * Stores acknowledged changes durably. `commit` writes all changes or none, and returns once they are on disk. It
 * throws a `StoreFullError` if there is no room.
 */
export interface Store {
  load(): Iterable<{ readonly kind: string; readonly guid: string; readonly value: object }>;
  commit(changes: readonly Change[]): void;
  close(): void;
}

/** Keeps rows only in memory: for tests, and for Node.js without `node:sqlite`. */
export class MemoryStore implements Store {
  // As text, so nobody shares an object with the store, and loading returns what was committed.
  private readonly rows = new Map<string, Change & { readonly text: string }>();

  public *load(): Iterable<{ readonly kind: string; readonly guid: string; readonly value: object }> {
    for (const { kind, guid, text } of this.rows.values()) yield { kind, guid, value: JSON.parse(text) as object };
  }

  public commit(changes: readonly Change[]): void {
    const texts = changes.map((change) => ({ ...change, text: JSON.stringify(change.value) }));
    for (const row of texts) {
      const key = `${row.kind}/${row.guid}`;
      if (row.value === undefined) this.rows.delete(key);
      else this.rows.set(key, row);
    }
  }

  public close(): void {
    this.rows.clear();
  }
}
