import type { Files } from '../../../evidence/chain';
import { append } from '../../../evidence/append';
import { bytesOf, HEAD, hashOf, type Head, recordName, resultName, type Finding } from '../../../evidence/record';
import { type Entry, type Store, tipOf } from '../../../evidence/store/store';

/** A store that tests can change directly. */
export class MemoryStore implements Store, Files {
  constructor(readonly files = new Map<string, Uint8Array>()) {}

  list(): readonly string[] {
    return [...this.files.keys()];
  }

  read(name: string): Uint8Array | undefined {
    return this.files.get(name);
  }

  open(): Promise<Files> {
    return Promise.resolve(this);
  }

  tip(): Promise<Head> {
    return Promise.resolve(tipOf(this.list(), (name) => this.read(name), this.read(HEAD)));
  }

  add({ head, record, result }: Entry): Promise<boolean> {
    const name = recordName(head.records);
    if (this.files.has(name)) return Promise.resolve(false);
    this.files
      .set(resultName(hashOf(result)), result)
      .set(name, record)
      .set(HEAD, bytesOf(head));
    return Promise.resolve(true);
  }

  copy(): MemoryStore {
    return new MemoryStore(new Map(this.files));
  }
}

const FINDING: Finding = {
  kind: 'verify',
  method: 'packets',
  outcome: 'as expected',
  subject: 'org/web',
  summary: '3 of 3 answers as expected',
};

export const draft = (finding: Partial<Finding>, time: Date, result = `[]\n`) => ({
  finding: { ...FINDING, ...finding },
  circumstances: { commit: 'abc' },
  result,
  time,
  command: '1.0.0',
  secrets: new Map<string, string>(),
});

/** A chain with a record every six hours. */
export async function chainOf(records: number, mark = ''): Promise<MemoryStore> {
  const store = new MemoryStore();
  for (let number = 1; number <= records; number += 1) {
    const time = new Date(Date.UTC(2026, 0, 1, number * 6));
    await append(store, draft({ summary: `${mark}${number}` }, time, `[${mark === '' ? number : -number}]\n`));
  }
  return store;
}
