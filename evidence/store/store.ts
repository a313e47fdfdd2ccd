import { type Files, newestOf } from '../chain';
import { MOST_MISSING } from '../limits';
import { EMPTY, type Head, headOf, readHead, recordName } from '../record';

/** What a write adds: all of it, or nothing that counts. */
export interface Entry {
  readonly head: Head;
  readonly record: Uint8Array;
  readonly result: Uint8Array;
}

export interface Store {
  /** Everything in the store. */
  open(): Promise<Files>;
  /** The end of the chain, which the next record follows. */
  tip(): Promise<Head>;
  /** False if another writer has added a record with that number meanwhile; then nothing was added that counts. */
  add(entry: Entry): Promise<boolean>;
}

/** A problem with a store, which the writer leaves as it is. */
export class StoreError extends Error {
  override readonly name = 'StoreError';
}

/**
 * The end of the chain. If the head names more records than there are, the next record follows those: a new head must
 * not hide what is missing.
 *
 * @param head the bytes of `head.json`; undefined if it is missing
 */
export function tipOf(
  names: readonly string[],
  read: (name: string) => Uint8Array | undefined,
  head?: Uint8Array,
): Head {
  const last = newestOf(names);
  const named = head && readHead(head);
  if (named !== undefined && named.records >= last) return named;
  if (named === undefined && (last > 1 || head !== undefined)) {
    throw new StoreError(
      `head.json is missing or has changed, but there are ${last} records: restore it from the head that 'record' printed last`,
    );
  }
  if (last > (named?.records ?? 0) + MOST_MISSING) {
    throw new StoreError(`${recordName(last)} is far beyond the end of the chain: see "evidence check", and remove it`);
  }
  const bytes = read(recordName(last));
  return bytes === undefined ? EMPTY : headOf(last, bytes);
}
