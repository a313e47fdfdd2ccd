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

/** The evidence is kept for years and read by many, so it must contain no credential, whatever a server answered. */
function refuseSecrets(secrets: ReadonlyMap<string, string>, texts: readonly Uint8Array[]): void {
  for (const [name, value] of secrets) {
    const forms = formsOf(value);
    const found = texts.some((text) => forms.some((form) => Buffer.from(text).includes(form)));
    if (found)
      throw new StoreError(
        `the result contains the value of ${name}, so nothing was recorded: find out what prints it`,
      );
  }
}

/** Shorter values occur in many texts by chance. */
const SHORTEST = 8;

const NAME = /PASS(WORD|PHRASE)?|SECRET|TOKEN|CREDENTIAL|PRIVATE|(^|_)KEY(_|$)|ACCESS_KEY/i;
/** A variable with lines of `NAME=VALUE`, all of which are secret. */
const LINES = 'CREDENTIALS';

export function secretsOf(env: NodeJS.ProcessEnv): ReadonlyMap<string, string> {
  const lines = (env[LINES] ?? '').split('\n').map((line): [string, string] => {
    const at = line.indexOf('=');
    return [line.slice(0, at), line.slice(at + 1)];
  });
  const named = Object.entries(env).filter(([name]) => NAME.test(name) && name !== LINES);
  return new Map(
    [...named, ...lines]
      .map(([name, value = '']): [string, string] => [name, value.trim()])
      .filter(([, value]) => value.length >= SHORTEST),
  );
}

/** How a text may contain a secret: as it is, in JSON, in an address, and in base64, as in a header of basic authentication. */
function formsOf(value: string): readonly string[] {
  return [
    value,
    JSON.stringify(value).slice(1, -1),
    encodeURIComponent(value),
    ...[0, 1, 2].map((at) => base64(value, at)),
  ];
}

/** What base64 makes of a text that begins so many bytes after a group of three, without what its neighbors have a part in. */
function base64(value: string, at: number): string {
  const bytes = Buffer.concat([Buffer.alloc(at), Buffer.from(value)]);
  return bytes.toString('base64').slice(Math.ceil((at * 8) / 6), Math.floor((bytes.length * 8) / 6));
}
