import { sha256 } from '../review/model/fingerprint';
import { type Outcome, OUTCOMES } from '../review/organization/document';

/** How it was determined: by comparing configurations, by sending packets, or by reviewing a change in advance. */
export const METHODS = ['configuration', 'packets', 'review'] as const;
export type Method = (typeof METHODS)[number];

/** The commands whose results are recorded; an approval is the gate of a review. */
export const KINDS = ['review', 'approval', 'audit', 'verify'] as const;
export type Kind = (typeof KINDS)[number];

/** What was found, before it has a place in the chain. */
export interface Finding {
  readonly kind: Kind;
  readonly method: Method;
  readonly outcome: Outcome;
  /**
   * What it is about, such as `org/space` or `pull request 7`. A failure is fixed by a later success with the same
   * subject.
   */
  readonly subject: string;
  /** The result in one sentence, or why there is none. */
  readonly summary: string;
  /** For a review: the digest that an approval names. */
  readonly digest?: string;
  /** Who approved exactly that digest. */
  readonly approvedBy?: readonly string[];
}

/** The circumstances of a finding. All hashes are SHA-256 in hex. */
export interface Circumstances {
  readonly commit?: string;
  readonly pullRequest?: number;
  /** The address of the workflow run. */
  readonly run?: string;
  /** Hashes of the plans' text. */
  readonly plans?: readonly string[];
  /** Hash of all allowlists. */
  readonly list?: string;
  /** The images of the proxies, as the code names them. */
  readonly images?: readonly string[];
  /** Hash of the bill of materials of the proxy's image. */
  readonly sbom?: string;
  readonly engine?: string;
  /** Versions by source. */
  readonly providers?: Readonly<Record<string, string>>;
}

/** One link of the chain. */
export interface EvidenceRecord extends Finding, Circumstances {
  readonly version: 1;
  /** Counts from 1 without gaps. */
  readonly number: number;
  /** Hash of the previous record's bytes; empty for the first. */
  readonly previous: string;
  readonly time: string;
  /** Version of this command. */
  readonly command: string;
  /** Hash of the full result, which is stored beside the records under that name. */
  readonly result: string;
}

/** The length of the chain and the hash of its end. Anyone who knows them detects every later change. */
export interface Head {
  readonly records: number;
  /** Hash of the last record's bytes. */
  readonly sha256: string;
}

export const HEAD = 'head.json';
export const EMPTY: Head = { records: 0, sha256: '' };

export const recordName = (number: number): string => `records/${String(number).padStart(8, '0')}.json`;
export const resultName = (hash: string): string => `results/${hash}.json`;

/** The number in a record's name; undefined for other files. */
export function numberOf(name: string): number | undefined {
  const number = Number(/^records\/([0-9]{8,})\.json$/.exec(name)?.[1]);
  return recordName(number) === name && number > 0 ? number : undefined;
}

export function bytesOf(value: EvidenceRecord | Head): Uint8Array {
  return Buffer.from(`${JSON.stringify(value, undefined, 2)}\n`);
}

export function hashOf(bytes: Uint8Array): string {
  return sha256(bytes, 'hex');
}

export function headOf(number: number, bytes: Uint8Array): Head {
  return { records: number, sha256: hashOf(bytes) };
}

/** In the form that people copy: `12:0123...`. */
export function headText({ records, sha256: hash }: Head): string {
  return `${records}:${hash}`;
}

export function readHeadText(text: string): Head | undefined {
  const [, records, hash = ''] = /^([1-9][0-9]{0,8}):([0-9a-f]{64})$/.exec(text) ?? [];
  return records === undefined ? undefined : { records: Number(records), sha256: hash };
}

/** Undefined unless it is, to the byte, a head that this project wrote. */
export function readHead(bytes: Uint8Array): Head | undefined {
  const { records, sha256: hash } = parsed(bytes) as Partial<Head>;
  const head = readHeadText(`${String(records)}:${String(hash)}`);
  return head !== undefined && Buffer.compare(bytesOf(head), bytes) === 0 ? head : undefined;
}

const HASH = /^[0-9a-f]{64}$/;

const isText = (value: unknown): boolean => typeof value === 'string';
const areTexts = (value: unknown): boolean => Array.isArray(value) && value.every(isText);

const OPTIONAL: readonly (readonly [name: keyof EvidenceRecord, is: (value: unknown) => boolean])[] = [
  ['command', isText],
  ['commit', isText],
  ['run', isText],
  ['digest', isText],
  ['list', isText],
  ['sbom', isText],
  ['engine', isText],
  ['pullRequest', Number.isSafeInteger],
  ['approvedBy', areTexts],
  ['plans', areTexts],
  ['images', areTexts],
];

/** Only as JSON writes it: `Date` accepts other forms that are not valid in OSCAL. */
function isTime(text: unknown): boolean {
  const time = new Date(String(text));
  return !Number.isNaN(time.getTime()) && time.toISOString() === text;
}

/** Undefined unless it has the form of a record. */
export function readRecord(bytes: Uint8Array): EvidenceRecord | undefined {
  const record = parsed(bytes) as Partial<EvidenceRecord>;
  const { version, number, previous, time, kind, method, outcome, subject, summary, result } = record;
  const fits =
    version === 1 &&
    Number.isSafeInteger(number) &&
    (previous === '' || HASH.test(String(previous))) &&
    isTime(time) &&
    KINDS.some((one) => one === kind) &&
    METHODS.some((one) => one === method) &&
    OUTCOMES.some((one) => one === outcome) &&
    typeof subject === 'string' &&
    typeof summary === 'string' &&
    HASH.test(String(result)) &&
    OPTIONAL.every(([name, is]) => record[name] === undefined || is(record[name]));
  return fits ? (record as EvidenceRecord) : undefined;
}

function parsed(bytes: Uint8Array): object {
  try {
    const value = JSON.parse(Buffer.from(bytes).toString('utf8')) as unknown;
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}
