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
