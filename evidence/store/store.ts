import { type Files, newestOf } from '../chain';
import { MOST_MISSING } from '../limits';
import { EMPTY, type Head, headOf, readHead, recordName } from '../record';

/** What a write adds, all of it or nothing that counts. */
export interface Entry {
  readonly head: Head;
  readonly record: Uint8Array;
  readonly result: Uint8Array;
}

/** Where records are kept. */
export interface Store {
  /** All that is there now. */
  open(): Promise<Files>;
  /** What the next record follows. */
  tip(): Promise<Head>;
  /** False if somebody else has written a record of that number meanwhile: then nothing was added that counts. */
  add(entry: Entry): Promise<boolean>;
}

/** What a writer found wrong with a store, which it leaves as it is. */
export class StoreError extends Error {
  override readonly name = 'StoreError';
}

/**
 * The end of the chain. Where the head tells of more than there is, the next record comes behind that: a new head must not
 * hide what is missing.
 *
 * @param head the bytes of `head.json`; undefined if it is missing
 */
export function tipOf(
  names: readonly string[],
  read: (name: string) => Uint8Array | undefined,
  head?: Uint8Array,
): Head {
  const last = newestOf(names);
  const told = head && readHead(head);
  if (told !== undefined && told.records >= last) return told;
  if (told === undefined && (last > 1 || head !== undefined)) {
    throw new StoreError(
      `head.json is missing or has changed, and ${last} records are there: put it back from the head that 'record' printed last`,
    );
  }
  if (last > (told?.records ?? 0) + MOST_MISSING) {
    throw new StoreError(`${recordName(last)} is far behind the end of the chain: see "evidence check", and remove it`);
  }
  const bytes = read(recordName(last));
  return bytes === undefined ? EMPTY : headOf(last, bytes);
}
