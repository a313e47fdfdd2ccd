import { badQuery } from '../cloud/errors';
import type { Metadata, Row } from '../cloud/records';
import { ownProperty } from '../own-property';

type Labels = Readonly<Record<string, string>>;
type Requirement = (labels: Labels) => boolean;

const KEY = '[A-Za-z0-9](?:[A-Za-z0-9._/-]{0,250}[A-Za-z0-9])?';
const VALUE = '[A-Za-z0-9._-]{0,63}';

const FORMS: readonly (readonly [RegExp, (key: string, values: readonly string[]) => Requirement])[] = [
  [new RegExp(`^(${KEY})$`), (key) => (labels) => ownProperty(labels, key) !== undefined],
  [new RegExp(`^!(${KEY})$`), (key) => (labels) => ownProperty(labels, key) === undefined],
  [
    new RegExp(`^(${KEY})==?(${VALUE})$`),
    (key, values) => (labels) => values.includes(ownProperty(labels, key) ?? '\0'),
  ],
  [
    new RegExp(`^(${KEY})!=(${VALUE})$`),
    (key, values) => (labels) => !values.includes(ownProperty(labels, key) ?? '\0'),
  ],
  [
    new RegExp(`^(${KEY})\\s+in\\s+\\(([^()]*)\\)$`),
    (key, values) => (labels) => values.includes(ownProperty(labels, key) ?? '\0'),
  ],
  [
    new RegExp(`^(${KEY})\\s+notin\\s+\\(([^()]*)\\)$`),
    (key, values) => (labels) => !values.includes(ownProperty(labels, key) ?? '\0'),
  ],
];

const readRequirement = (text: string): Requirement => {
  for (const [form, make] of FORMS) {
    const [, key, values = ''] = form.exec(text) ?? [];
    if (key !== undefined) {
      const wanted = values.split(',').map((value) => value.trim());
      return make(key, wanted);
    }
  }
  throw badQuery('The query parameter is invalid: Invalid label_selector value');
};

/**
 * Parses a selector. Commas separate its requirements, except inside parentheses.
 *
 * @see https://v3-apidocs.cloudfoundry.org/#labels-and-selectors
 */
const parseLabelSelector = (text: string): Requirement => {
  if (text.trim() === '') throw badQuery('The query parameter is invalid: Missing label_selector value');
  const requirements = text.split(/,(?![^()]*\))/).map((part) => readRequirement(part.trim()));
  return (labels) => requirements.every((holds) => holds(labels));
};

type Value = string | undefined;

/** By query parameter: a field, or the row's value or values, one of which must be among those given. */
export type Filters<T extends Row> = Readonly<
  Record<string, (keyof T & string) | ((row: T) => Value | readonly Value[])>
>;

/** Filters that ignore case. */
const NAMES: ReadonlySet<string> = new Set(['names', 'hosts', 'usernames']);

const labelsOf = (row: Row): Metadata['labels'] => ('metadata' in row ? (row.metadata as Metadata).labels : {});

/** The rows that the query's filters and label selector allow. */
export const filtered = <T extends Row>(
  rows: readonly T[],
  query: Readonly<Record<string, string | undefined>>,
  filters: Filters<T>,
): T[] => {
  const active = Object.entries(filters).flatMap(([parameter, reading]) => {
    const text = query[parameter];
    if (text === undefined) return [];
    const fold = (value: string): string => (NAMES.has(parameter) ? value.toLowerCase() : value);
    const wanted = new Set(text.split(',').map((part) => fold(part.trim())));
    const valueOf = typeof reading === 'string' ? (row: T) => row[reading] as Value : reading;
    const isWanted = (value: Value): boolean => value !== undefined && wanted.has(fold(value));
    return (row: T): boolean => {
      const value = valueOf(row);
      return typeof value === 'object' ? value.some(isWanted) : isWanted(value);
    };
  });
  const selector = query['label_selector'];
  const holds = selector === undefined ? undefined : parseLabelSelector(selector);
  const conditions = [...active, ...(holds ? [(row: T) => holds(labelsOf(row))] : [])];
  return rows.filter((row) => conditions.every((isMet) => isMet(row)));
};
