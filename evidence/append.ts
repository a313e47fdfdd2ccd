import { APPEND_TRIES } from './limits';
import {
  bytesOf,
  type Circumstances,
  type EvidenceRecord,
  type Finding,
  hashOf,
  type Head,
  headOf,
  readRecord,
} from './record';
import { refuseSecrets } from './secrets';
import { type Store, StoreError } from './store/store';

/** A finding to record, with the full result that it summarizes. */
interface Draft {
  readonly finding: Finding;
  readonly circumstances: Circumstances;
  readonly result: string;
  readonly time: Date;
  /** Version of this command. */
  readonly command: string;
  /** Texts that must not be written anywhere, by name. */
  readonly secrets: ReadonlyMap<string, string>;
}

/** Adds one record to the chain, after whatever others add meanwhile. */
export async function append(store: Store, draft: Draft): Promise<Head> {
  const result = Buffer.from(draft.result);
  for (let tries = 0; tries < APPEND_TRIES; tries += 1) {
    const tip = await store.tip();
    const place = {
      version: 1,
      number: tip.records + 1,
      previous: tip.sha256,
      time: draft.time.toISOString(),
      command: draft.command,
    } as const;
    // First for readers of the file, and last because the finding may contain members with the same names.
    const entry: EvidenceRecord = {
      ...place,
      ...draft.finding,
      ...draft.circumstances,
      ...place,
      result: hashOf(result),
    };
    const record = bytesOf(entry);
    if (readRecord(record) === undefined) {
      throw new StoreError(
        'the result makes no complete record, so nothing was recorded: see that it is what the command printed',
      );
    }
    refuseSecrets(draft.secrets, [record, result, respelled(draft.result)]);
    const head = headOf(entry.number, record);
    if (await store.add({ head, record, result })) return head;
  }
  throw new StoreError(
    `${APPEND_TRIES} times, another writer was first: check what else writes to this store, and try again`,
  );
}

/** JSON can write any character as an escape; another program may have written the result. */
function respelled(result: string): Uint8Array {
  try {
    return Buffer.from(JSON.stringify(JSON.parse(result)));
  } catch {
    return Buffer.of();
  }
}
