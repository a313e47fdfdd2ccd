import fc from 'fast-check';
import { append } from '../../evidence/append';
import { checkChain } from '../../evidence/chain';
import { bytesOf, HEAD, headOf, numberOf, recordName } from '../../evidence/record';
import { chainOf, draft, MemoryStore } from './support/memory';

const LENGTH = 12;
let whole: MemoryStore;
let other: MemoryStore;

beforeAll(async () => {
  whole = await chainOf(LENGTH);
  other = await chainOf(LENGTH, 'other ');
});

const named = (store: MemoryStore): readonly string[] => checkChain(store).faults.map(({ name }) => name);

test('an unmodified chain has no faults, and all of its records', () => {
  const { faults, records, head } = checkChain(whole);
  expect(faults).toEqual([]);
  expect(records.map(({ number }) => number)).toEqual(Array.from({ length: LENGTH }, (_, index) => index + 1));
  expect(head.records).toBe(LENGTH);
});

/** Corrupts a store, and returns the files concerned. */
type Corruption = (store: MemoryStore) => readonly string[];

const files = fc.nat().map((at) => whole.list()[at % whole.list().length] ?? '');
const numbers = fc.integer({ min: 1, max: LENGTH });

const CORRUPTIONS: Readonly<Record<string, () => fc.Arbitrary<Corruption>>> = {
  'a changed byte': () =>
    fc
      .record({ name: files, at: fc.nat(), by: fc.integer({ min: 1, max: 255 }) })
      .map(({ name, at, by }) => (store) => {
        const bytes = Buffer.from(store.read(name) ?? []);
        const place = at % bytes.length;
        bytes[place] = (bytes[place] ?? 0) ^ by;
        store.files.set(name, bytes);
        return [name];
      }),
  'a byte more or less': () =>
    fc.record({ name: files, at: fc.nat(), more: fc.boolean() }).map(({ name, at, more }) => (store) => {
      const bytes = [...(store.read(name) ?? [])];
      bytes.splice(at % bytes.length, more ? 0 : 1, ...(more ? [32] : []));
      // An extra space in a number, or a missing newline, is a change as well.
      store.files.set(name, Uint8Array.from(bytes));
      return [name];
    }),
  'a file that is cut off': () =>
    fc.record({ name: files, at: fc.nat() }).map(({ name, at }) => (store) => {
      const bytes = store.read(name) ?? new Uint8Array();
      store.files.set(name, bytes.slice(0, at % bytes.length));
      return [name];
    }),
  'a file that is gone': () =>
    files.map((name) => (store) => {
      store.files.delete(name);
      return [name];
    }),
  'records that have changed places': () =>
    fc
      .tuple(numbers, numbers)
      .filter(([a, b]) => a !== b)
      .map((pair) => (store) => {
        const [a, b] = pair.map(recordName) as [string, string];
        const [one, two] = [store.read(a), store.read(b)] as [Uint8Array, Uint8Array];
        store.files.set(a, two).set(b, one);
        return [a, b];
      }),
  'an end that is cut off': () =>
    numbers.map((from) => (store) => {
      const gone = [...store.files.keys()].filter((name) => (numberOf(name) ?? 0) >= from);
      for (const name of gone) store.files.delete(name);
      return gone;
    }),
  'a record of another chain': () =>
    numbers.map((number) => (store) => {
      const name = recordName(number);
      store.files.set(name, other.read(name) as Uint8Array);
      return [name];
    }),
  'a record too many': () =>
    fc.tuple(numbers, fc.integer({ min: LENGTH + 1, max: LENGTH + 3 })).map(([from, to]) => (store) => {
      store.files.set(recordName(to), store.read(recordName(from)) as Uint8Array);
      return [recordName(to)];
    }),
  'a file that is not part of the chain': () =>
    fc.constantFrom('records/notes.txt', 'README', 'results/x.json', 'records/1.json').map((name) => (store) => {
      store.files.set(name, Buffer.from('{}'));
      return [name];
    }),
};

test('every random corruption is found, and the affected files are named', () => {
  const any = fc.oneof(...Object.values(CORRUPTIONS).map((make) => make()));
  fc.assert(
    fc.property(any, (corrupt) => {
      const store = whole.copy();
      const about = corrupt(store);
      expect(named(store)).toEqual(expect.arrayContaining([...about]));
    }),
    { numRuns: 1000 },
  );
});

test('only what changed is named, and what only that would confirm', () => {
  fc.assert(
    fc.property(numbers, fc.boolean(), (number, gone) => {
      const store = whole.copy();
      const name = recordName(number);
      if (gone) store.files.delete(name);
      else store.files.set(name, Buffer.from('{}'));
      const unconfirmed = number > 1 ? [recordName(number - 1)] : [];
      const { faults } = checkChain(store);
      const ofRecords = faults.filter((fault) => fault.name.startsWith('records/'));
      expect(ofRecords.map((fault) => fault.name)).toEqual([...unconfirmed, name]);
      expect(ofRecords.at(-1)?.problem).toMatch(gone ? /^is missing/ : /^has changed/);
    }),
  );
});

test('a store that is rewritten completely, or truncated with its head, is detected only by a kept head', async () => {
  const known = headOf(LENGTH, whole.read(recordName(LENGTH)) as Uint8Array);
  const shorter = await chainOf(LENGTH - 3);
  expect(checkChain(shorter).faults).toEqual([]);
  expect(checkChain(shorter, [known]).faults).toContainEqual({ name: recordName(LENGTH), problem: 'is missing' });
  expect(checkChain(other).faults).toEqual([]);
  expect(checkChain(other, [known]).faults).toContainEqual({ name: recordName(LENGTH), problem: 'has changed' });
  expect(checkChain(whole, [known]).faults).toEqual([]);
});

test('a kept head confirms the middle of a chain that continued', async () => {
  const store = whole.copy();
  const known = headOf(LENGTH, whole.read(recordName(LENGTH)) as Uint8Array);
  await append(store, draft({}, new Date(Date.UTC(2026, 5, 1))));
  expect(checkChain(store, [known]).faults).toEqual([]);
});

test("the next record doesn't hide that earlier ones are gone", async () => {
  const store = whole.copy();
  store.files.delete(recordName(LENGTH));
  store.files.delete(recordName(LENGTH - 1));
  await append(store, draft({}, new Date(Date.UTC(2026, 5, 1))));
  expect(named(store)).toEqual(expect.arrayContaining([recordName(LENGTH), recordName(LENGTH - 1)]));
});

test('nothing is added if the head is gone, because that would hide what is missing', async () => {
  const store = whole.copy();
  store.files.delete(HEAD);
  await expect(append(store, draft({}, new Date()))).rejects.toThrow(/head\.json is missing.*restore it/);
});

test('a write that was interrupted after its record, or before it, is named', () => {
  const unsealed = whole.copy();
  unsealed.files.set(
    HEAD,
    Buffer.from(
      JSON.stringify(headOf(LENGTH - 1, whole.read(recordName(LENGTH - 1)) as Uint8Array), undefined, 2) + '\n',
    ),
  );
  expect(checkChain(unsealed).faults).toEqual([
    { name: recordName(LENGTH), problem: expect.stringContaining('was cut off') as string },
  ]);
  const loose = whole.copy();
  loose.files.delete(recordName(LENGTH));
  loose.files.set(HEAD, unsealed.read(HEAD) as Uint8Array);
  expect(checkChain(loose).faults).toEqual([
    {
      name: expect.stringMatching(/^results\//) as string,
      problem: expect.stringContaining('its write was interrupted') as string,
    },
  ]);
});

test("a file with a far too high number is named, doesn't hang the check, and isn't followed by a record", async () => {
  const store = whole.copy();
  const far = recordName(99_999_999);
  store.files.set(far, whole.read(recordName(LENGTH)) as Uint8Array);
  const { records, faults } = checkChain(store);
  expect(records).toHaveLength(LENGTH);
  expect(faults.find(({ name }) => name === far)?.problem).toBe('is not the record for this place');
  expect(faults.find(({ name }) => name === recordName(LENGTH + 1))?.problem).toMatch(
    /^is missing, as are the \d+ records/,
  );
  await expect(append(store, draft({}, new Date()))).rejects.toThrow(`${far} is far beyond the end of the chain`);
});

test.each<[string, object]>([
  ['a time that is none in OSCAL', { time: 'January 1, 2026' }],
  ['an approver that is no list', { approvedBy: 'ada' }],
  ['a commit that is no text', { commit: 5 }],
])('a record with %s is not a record, whatever its hash', (_, change) => {
  const record = JSON.parse(Buffer.from(whole.read(recordName(1)) ?? []).toString()) as object;
  const bytes = Buffer.from(`${JSON.stringify({ ...record, ...change }, undefined, 2)}\n`);
  const store = new MemoryStore(new Map(whole.files));
  for (const name of store.list()) if ((numberOf(name) ?? 0) > 1) store.files.delete(name);
  store.files.set(recordName(1), bytes).set(HEAD, bytesOf(headOf(1, bytes)));
  expect(checkChain(store).faults).toContainEqual({ name: recordName(1), problem: 'is not the record for this place' });
});

test.each([
  ['a byte order mark', (text: string) => `\ufeff${text}`],
  ['line ends of Windows', (text: string) => text.replaceAll('\n', '\r\n')],
  ['another spelling of the same', (text: string) => text.replace('"subject"', '"\\u0073ubject"')],
])('a record with %s is named as changed, wherever it is', (_, change) => {
  for (const number of [1, LENGTH]) {
    const store = whole.copy();
    const name = recordName(number);
    store.files.set(name, Buffer.from(change(Buffer.from(store.read(name) ?? []).toString())));
    expect(named(store)).toContain(name);
  }
});
