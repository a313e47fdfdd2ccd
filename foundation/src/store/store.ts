/** One object of the state machine by kind and guid; `undefined` deletes it. */
export interface Change {
  readonly kind: string;
  readonly guid: string;
  readonly value: object | undefined;
}

/** There is no room for what was to be written; none of it was. */
export class StoreFullError extends Error {
  override readonly name = 'StoreFullError';
}

/**
 * Keeps what was acknowledged. `commit` has reached the disk when it returns; all changes of one call or none. It throws
 * a `StoreFullError` while there is no room.
 */
export interface Store {
  load(): Iterable<{ readonly kind: string; readonly guid: string; readonly value: object }>;
  commit(changes: readonly Change[]): void;
  close(): void;
}
