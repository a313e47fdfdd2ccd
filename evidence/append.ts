import { bytesOf, type Circumstances, type EvidenceRecord, type Finding, hashOf, type Head, headOf } from './record';
import { type Store, StoreError } from './store/store';
import { APPEND_TRIES } from './limits';

/** What is recorded, with the full result that it sums up. */
export interface Draft {
  readonly finding: Finding;
  readonly circumstances: Circumstances;
  readonly result: string;
  readonly time: Date;
  /** Version of this command. */
  readonly command: string;
  /** Texts that may be in nothing that is written, by what they are called. */
  readonly secrets: ReadonlyMap<string, string>;
}

/** Adds one record to the chain, behind whatever others add meanwhile. */
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
    // First, for who reads the file, and last, since what is found elsewhere may have had a place there.
    const entry: EvidenceRecord = {
      ...place,
      ...draft.finding,
      ...draft.circumstances,
      ...place,
      result: hashOf(result),
    };
    const record = bytesOf(entry);
    refuseSecrets(draft.secrets, [record, result]);
    const head = headOf(entry.number, record);
    if (await store.add({ head, record, result })) return head;
  }
  throw new StoreError(
    `${APPEND_TRIES} times another writer was first: see what else writes to this store, and try again`,
  );
}

/** What is kept for years, and read by many, holds no credential, whatever a server has answered. */
function refuseSecrets(secrets: ReadonlyMap<string, string>, texts: readonly Uint8Array[]): void {
  for (const [name, value] of secrets) {
    // As it is, and as JSON writes it.
    const forms = [value, JSON.stringify(value).slice(1, -1)];
    const found = texts.some((text) => forms.some((form) => Buffer.from(text).includes(form)));
    if (found)
      throw new StoreError(`the result holds the value of ${name}, so nothing was recorded: see who prints it`);
  }
}
