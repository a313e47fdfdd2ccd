/** One object of the state machine by kind and guid; `undefined` deletes it. */
export interface Change {
  readonly kind: string;
  readonly guid: string;
  readonly value: object | undefined;
}

/** Keeps what was acknowledged. `commit` has reached the disk when it returns; all changes of one call or none. */
export interface Store {
  load(): Iterable<{ readonly kind: string; readonly guid: string; readonly value: object }>;
  commit(changes: readonly Change[]): void;
  close(): void;
}
