import { byText } from '../review/model/maps';
import {
  bytesOf,
  EMPTY,
  hashOf,
  HEAD,
  type Head,
  headOf,
  numberOf,
  readHead,
  readRecord,
  recordName,
  resultName,
  type EvidenceRecord,
} from './record';
import { MOST_MISSING } from './limits';

/** All files of a store by name, wherever they are kept. */
export interface Files {
  list(): readonly string[];
  /** Undefined if there is no such file. */
  read(name: string): Uint8Array | undefined;
}

/** Something in the store that isn't as it was written. */
interface Fault {
  readonly name: string;
  readonly problem: string;
}

export interface Checked {
  /** In order, without those that have changed. */
  readonly records: readonly EvidenceRecord[];
  readonly head: Head;
  readonly faults: readonly Fault[];
}

/**
 * Reads the chain from its end, because each record confirms the previous one: the head contains the last record's
 * hash, and each record contains the hash of the one before.
 *
 * @param known a head that was seen earlier and kept elsewhere. Without one, a store that was truncated or rewritten as
 * a whole looks intact.
 */
export function checkChain(files: Files, known: readonly Head[] = []): Checked {
  const names = files.list();
  const headFile = headIn(files);
  const last = newestOf(names);
  const faults: Fault[] = [...headFaults(headFile, last, files)];
  const records: EvidenceRecord[] = [];
  const claims: EvidenceRecord[] = [];
  // Known hashes, by record number.
  const expected = new Map(known.map(({ records: number, sha256 }) => [number, sha256]));
  if (headFile.head !== undefined && !expected.has(headFile.head.records))
    expected.set(headFile.head.records, headFile.head.sha256);
  const end = Math.min(Math.max(last, ...expected.keys()), last + MOST_MISSING);
  const { numbers, unnamed } = placesOf(names, end);
  faults.push(...unnamed);
  for (const number of numbers) {
    const link = readLink(files, number, expected.get(number), number === end);
    faults.push(...link.faults);
    if (link.record === undefined) continue;
    claims.push(link.record);
    if (link.sound) records.push(link.record);
    // An unconfirmed record's statement about the previous record counts only if it is right.
    const { previous } = link.record;
    const confirms = link.sound || previous === hashIn(files, number - 1);
    if (confirms && !expected.has(number - 1)) expected.set(number - 1, previous);
  }
  records.reverse();
  for (const { records: number, sha256 } of known) {
    if (headFile.head?.records === number && headFile.head.sha256 !== sha256) {
      faults.push({ name: HEAD, problem: 'is not the head that you know: the store was rewritten' });
    }
  }
  faults.push(...resultFaults(files, names, claims), ...strangers(names));
  const tip = files.read(recordName(last));
  return { records, head: tip === undefined ? EMPTY : headOf(last, tip), faults: inOrder(faults) };
}

/**
 * All places in the chain, the last one first. A file with a far too high number makes a gap of any length, of which only so
 * many are named one by one.
 */
function placesOf(names: readonly string[], end: number): { readonly numbers: number[]; readonly unnamed: Fault[] } {
  const there = names.flatMap((name) => numberOf(name) ?? []).sort((a, b) => b - a);
  const numbers: number[] = [];
  const unnamed: Fault[] = [];
  let above = end + 1;
  for (const number of [...there, 0]) {
    const missing = above - number - 1;
    const named = Math.min(missing, MOST_MISSING);
    for (let at = 1; at <= named; at += 1) numbers.push(above - at);
    if (missing > named) {
      const name = recordName(number + 1);
      unnamed.push({ name, problem: `is missing, as are the ${missing - named - 1} records after it` });
    }
    if (number > 0) numbers.push(number);
    above = number;
  }
  return { numbers, unnamed };
}

function hashIn(files: Files, number: number): string | undefined {
  const bytes = files.read(recordName(number));
  return bytes === undefined ? undefined : hashOf(bytes);
}

interface HeadFile {
  readonly there: boolean;
  readonly head?: Head;
}

function headIn(files: Files): HeadFile {
  const bytes = files.read(HEAD);
  return bytes === undefined ? { there: false } : { there: true, head: readHead(bytes) };
}

function headFaults({ there, head }: HeadFile, last: number, files: Files): readonly Fault[] {
  const fault = (problem: string): readonly Fault[] => [{ name: HEAD, problem }];
  if (!there) return last === 0 ? [] : fault('is missing, so the end of the chain is unknown');
  if (head === undefined) return fault('has changed, so the end of the chain is unknown');
  const { records: number, sha256 } = head;
  const found = hashIn(files, number);
  if (found === undefined) return fault(`names record ${number}, which is missing`);
  return found === sha256 ? [] : fault(`does not match record ${number}: one of the two has changed`);
}

interface Link {
  readonly record?: EvidenceRecord;
  /** Whether its bytes are confirmed to be what was written. */
  readonly sound: boolean;
  readonly faults: readonly Fault[];
}

function readLink(files: Files, number: number, hash: string | undefined, isEnd: boolean): Link {
  const name = recordName(number);
  const faulty = (problem: string, record?: EvidenceRecord): Link => ({
    ...(record !== undefined && { record }),
    sound: false,
    faults: [{ name, problem }],
  });
  const bytes = files.read(name);
  if (bytes === undefined) return faulty('is missing');
  const record = readRecord(bytes);
  const isOwn = record !== undefined && record.number === number && Buffer.compare(bytesOf(record), bytes) === 0;
  if (hash !== undefined && hash !== hashOf(bytes)) {
    if (record !== undefined && record.number !== number)
      return faulty(`has changed: it holds record ${record.number}`);
    return record === undefined
      ? faulty('has changed, or was cut off: it is not a record')
      : faulty('has changed', record);
  }
  if (!isOwn) return faulty('is not the record for this place');
  if (number === 1 && record.previous !== '') return faulty('starts the chain but names a previous record', record);
  if (hash !== undefined) return { record, sound: true, faults: [] };
  if (isEnd) {
    const problem = 'is not in the head: its write was cut off before that, or someone added it';
    return { record, sound: true, faults: [{ name, problem }] };
  }
  return faulty(
    'can’t be confirmed, nor can earlier records: the record with its hash is missing or has changed',
    record,
  );
}

function resultFaults(files: Files, names: readonly string[], records: readonly EvidenceRecord[]): readonly Fault[] {
  const wanted = new Map(records.map(({ result, number }) => [resultName(result), number]));
  const there = new Set(names);
  const missing = [...wanted]
    .filter(([name]) => !there.has(name))
    .map(([name, number]) => ({ name, problem: `is missing: it is the result of record ${number}` }));
  const changed = names
    .filter((name) => RESULT.test(name) && resultName(hashOf(files.read(name) ?? Buffer.of())) !== name)
    .map((name) => ({ name, problem: 'has changed, or was cut off: its hash is not its name' }));
  const loose = names
    .filter((name) => RESULT.test(name) && !wanted.has(name))
    .map((name) => ({
      name,
      problem: 'belongs to no record: either its write was interrupted, or its record was deleted',
    }));
  return [...missing, ...changed, ...loose];
}

const RESULT = /^results\/[0-9a-f]{64}\.json$/;

function strangers(names: readonly string[]): readonly Fault[] {
  return names
    .filter((name) => name !== HEAD && numberOf(name) === undefined && !RESULT.test(name))
    .map((name) => ({
      name,
      problem: name.endsWith('.part')
        ? 'was not completely written: nothing refers to it, so it can be deleted'
        : 'is not part of the chain',
    }));
}

function inOrder(faults: readonly Fault[]): readonly Fault[] {
  return [...faults].sort((a, b) => byText(a.name, b.name));
}

export function newestOf(names: readonly string[]): number {
  return names.reduce((most, name) => Math.max(most, numberOf(name) ?? 0), 0);
}
