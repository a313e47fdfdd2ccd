import type { Described, Metadata } from './records';
import type { State, Table } from './state';
import { z } from 'zod';

/** A change of labels and annotations: `null` removes a key, and an absent object means no change. */
export interface MetadataPatch {
  readonly labels?: Readonly<Record<string, string | null>> | null;
  readonly annotations?: Readonly<Record<string, string | null>> | null;
}

const merge = (before: Readonly<Record<string, string>>, patch: Readonly<Record<string, string | null>>) =>
  Object.fromEntries(
    Object.entries({ ...before, ...patch }).filter((entry): entry is [string, string] => entry[1] !== null),
  );

export const NO_METADATA: Metadata = { labels: {}, annotations: {} };

/** @see https://v3-apidocs.cloudfoundry.org/#metadata */
export const mergeMetadata = (before: Metadata, patch: MetadataPatch | null | undefined): Metadata => ({
  labels: merge(before.labels, patch?.labels ?? {}),
  annotations: merge(before.annotations, patch?.annotations ?? {}),
});

/** Changes nothing but an object's labels and annotations. */
export const relabel = <T extends Described>(state: State, table: Table<T>, row: T, patch?: MetadataPatch | null): T =>
  table.put({ ...row, updatedAt: state.now(), metadata: mergeMetadata(row.metadata, patch) });

const MAX_NAME = 63;
const MAX_PREFIX = 253;
const MAX_ANNOTATION = 5000;
const RESERVED = 'cloudfoundry.org';
/** Characters of an overlong text that a message shows. */
const SHOWN = 8;

const DNS_LABEL = '[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?';
const DNS = new RegExp(`^(?:${DNS_LABEL}\\.)+${DNS_LABEL}$`);

type Check = readonly [isFault: (text: string) => boolean, says: (text: string) => string];

const tooLong = (most: number, what = ''): Check => [
  (text) => text.length > most,
  (text) => `${what}'${text.slice(0, SHOWN)}...' is greater than ${most} characters`,
];

/** The rules for the name in a key and for the value of a label. */
const WORD: readonly Check[] = [
  [(text) => /[^\w.-]/.test(text), (text) => `'${text}' contains invalid characters`],
  [
    (text) => !/^[A-Za-z0-9](?:.*[A-Za-z0-9])?$/s.test(text),
    (text) => `'${text}' starts or ends with invalid characters`,
  ],
  tooLong(MAX_NAME),
];

const PREFIX: readonly Check[] = [
  [(text) => !DNS.test(text), (text) => `prefix '${text}' must be in valid dns format`],
  tooLong(MAX_PREFIX, 'prefix '),
  [(text) => text.toLowerCase() === RESERVED, () => `prefix '${RESERVED}' is reserved`],
];

const EMPTY_KEY = 'key cannot be empty string';

/** The first problem, in the platform's words. */
const faultOf = (text: string, checks: readonly Check[]): string | undefined =>
  checks.find(([isFault]) => isFault(text))?.[1](text);

const keyFault = (key: string): string | undefined => {
  const parts = key.split('/');
  const [prefix, name = ''] = parts.length === 1 ? [undefined, key] : parts;
  if (key.trim() === '') return EMPTY_KEY;
  if (parts.length > 2) return "key has more than one '/'";
  return (
    (prefix === undefined ? undefined : faultOf(prefix, PREFIX)) ??
    (name.trim() === '' ? EMPTY_KEY : faultOf(name, WORD))
  );
};

const pairs = (what: 'label' | 'annotation', value: readonly Check[]) =>
  z
    .record(z.string(), z.string().nullable())
    .superRefine((given, context) => {
      for (const [key, text] of Object.entries(given)) {
        const faults = [
          ['key', keyFault(key)],
          ['value', text === null || text === '' ? undefined : faultOf(text, value)],
        ] as const;
        for (const [part, fault] of faults) {
          if (fault === undefined) continue;
          context.addIssue({ code: 'custom', message: `Metadata ${what} ${part} error: ${fault}` });
        }
      }
    })
    .nullish();

/**
 * Labels and annotations of a body; `null` removes a key.
 *
 * @see https://v3-apidocs.cloudfoundry.org/#metadata
 */
export const metadata = z
  .strictObject({ labels: pairs('label', WORD), annotations: pairs('annotation', [tooLong(MAX_ANNOTATION)]) })
  .nullish();
