import { badQuery } from '../cloud/errors';
import type { Action } from '../cloud/permissions';
import type { Row } from '../cloud/records';
import { ownProperty } from '../own-property';
import { get, ok, type Call, type Endpoint } from './endpoint';
import { filtered, type Filters } from './selection';

const DEFAULT_PAGE_SIZE = 50;
const MAX_PAGE_SIZE = 5000;

/** Related objects of which a client may request single fields: `fields[space.organization]=name`. */
export type FieldSets<T extends Row> = Readonly<
  Record<
    string,
    {
      /** Their name in `included`. */
      readonly collection: string;
      readonly keys: readonly string[];
      readonly objects: (rows: readonly T[]) => readonly object[];
    }
  >
>;

/** A list: its rows, how to filter and order them, and what a client may request with them. */
export interface Collection<T extends Row> {
  readonly path: string;
  /** The action of reading a row; for a list below another object's path, of reading that object. */
  readonly needs: Action;
  /** The rows that the caller may see. */
  readonly rows: (call: Call) => readonly T[];
  readonly filters?: Filters<T>;
  /** Fields to sort by, besides the times. */
  readonly order?: readonly (keyof T & string)[];
  readonly includes?: Readonly<Record<string, (rows: readonly T[], call: Call) => object>>;
  readonly fields?: FieldSets<T>;
  readonly present: (row: T, call: Call) => object;
  /**
   * A number that changes whenever data outside of the row changes that the row's text depends on, such as the sum of
   * some tables' revisions. If set, the text of each row is cached for the next list; it must not depend on the caller.
   */
  readonly reads?: () => number;
}

interface Shown {
  readonly base: string;
  readonly read: number;
  readonly text: string;
}

/** Keyed by row, since rows never change in place. */
const SHOWN = new WeakMap<Row, Shown>();

const show = <T extends Row>(row: T, call: Call, { present, reads }: Pick<Collection<T>, 'present' | 'reads'>) => {
  if (!reads) return JSON.stringify(present(row, call));
  const { base } = call;
  const read = reads();
  const before = SHOWN.get(row);
  if (before?.read === read && before.base === base) return before.text;
  const text = JSON.stringify(present(row, call));
  SHOWN.set(row, { base, read, text });
  return text;
};

const positive = (call: Call, parameter: string, fallback: number, maximum: number): number => {
  const text = call.query[parameter];
  const value = text === undefined ? fallback : Number(text);
  if (!Number.isInteger(value) || value < 1) {
    throw badQuery(`The query parameter is invalid: ${parameter} must be a positive integer`);
  }
  if (value > maximum) throw badQuery(`The query parameter is invalid: ${parameter} must be between 1 and ${maximum}`);
  return value;
};

const { compare } = new Intl.Collator('en');

/** The last sorted rows by collection and order, since a client mostly asks for the next page or the same one again. */
const SORTED = new WeakMap<object, Map<string, { readonly rows: readonly Row[]; readonly sorted: readonly Row[] }>>();

const isSame = (a: readonly Row[], b: readonly Row[]): boolean =>
  a.length === b.length && a.every((row, index) => row === b[index]);

const sortOnce = <T extends Row>(rows: T[], text: string, order: object, sort: () => T[]): readonly T[] => {
  const before = SORTED.get(order) ?? new Map<string, { rows: readonly Row[]; sorted: readonly Row[] }>();
  SORTED.set(order, before);
  const known = before.get(text);
  if (known && isSame(known.rows, rows)) return known.sorted as readonly T[];
  const kept = { rows: [...rows], sorted: sort() };
  before.set(text, kept);
  return kept.sorted;
};

const ordered = <T extends Row>(rows: T[], call: Call, order: Required<Collection<T>>['order']): readonly T[] => {
  const text = call.query['order_by'];
  if (text === undefined) return rows;
  const keys: Readonly<Record<string, string>> = {
    created_at: 'createdAt',
    updated_at: 'updatedAt',
    ...Object.fromEntries(order.map((field) => [field, field])),
  };
  const descending = text.startsWith('-');
  const field = ownProperty(keys, text.replace(/^[-+]/, ''));
  if (field === undefined) {
    const known = Object.keys(keys).map((key) => `'${key}'`);
    throw badQuery(`The query parameter is invalid: Order by can only be: ${known.join(', ')}`);
  }
  const sign = descending ? -1 : 1;
  const keyOf = (row: T): string => String(row[field as keyof T] ?? '');
  return sortOnce(rows, text, order, () =>
    // Sorting is stable, so a descending list also starts with the newest of the rows created in the same second.
    (descending ? rows.reverse() : rows).sort((a, b) => sign * compare(keyOf(a), keyOf(b))),
  );
};

const pageLink = (call: Call, page: number, size: number) => {
  const query = new URLSearchParams(
    Object.entries(call.query).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
  query.set('page', String(page));
  query.set('per_page', String(size));
  return { href: `${call.base}${call.path}?${query.toString()}` };
};

export const fieldParameters = <T extends Row>(fields: FieldSets<T> = {}): readonly string[] =>
  Object.keys(fields).map((path) => `fields[${path}]`);

/** The fields with these keys; a nested field's key is its path. */
const pick = (object: object, keys: readonly string[]): object => {
  const source = object as Readonly<Record<string, unknown>>;
  return Object.fromEntries(
    [...new Set(keys.map((key) => key.split('.')[0] ?? ''))].map((name) => {
      const deeper = keys.flatMap((key) => (key.startsWith(`${name}.`) ? [key.slice(name.length + 1)] : []));
      const value = source[name];
      return [name, deeper.length > 0 && typeof value === 'object' && value !== null ? pick(value, deeper) : value];
    }),
  );
};

const fieldsOf = <T extends Row>(rows: readonly T[], call: Call, fields: FieldSets<T>): object =>
  Object.fromEntries(
    Object.entries(fields).flatMap(([path, { collection, keys, objects }]) => {
      const text = call.query[`fields[${path}]`];
      if (text === undefined) return [];
      const wanted = text.split(',').map((key) => key.trim());
      if (!wanted.every((key) => keys.includes(key))) {
        const known = keys.map((key) => `'${key}'`).join(', ');
        throw badQuery(`The query parameter is invalid: Fields valid keys for '${path}' are: ${known}`);
      }
      return [[collection, objects(rows).map((object) => pick(object, wanted))]];
    }),
  );

const included = <T extends Row>(
  rows: readonly T[],
  call: Call,
  { includes = {}, fields = {} }: Pick<Collection<T>, 'includes' | 'fields'>,
): { readonly included?: object } => {
  const parts = { ...includedResources(rows, call, includes), ...fieldsOf(rows, call, fields) };
  return Object.keys(parts).length === 0 ? {} : { included: parts };
};

const includedResources = <T extends Row>(
  rows: readonly T[],
  call: Call,
  includes: Required<Collection<T>>['includes'],
): object => {
  const text = call.query['include'];
  if (text === undefined) return {};
  const resources = text.split(',').map((key) => {
    const include = ownProperty(includes, key);
    if (!include) {
      throw badQuery(
        `The query parameter is invalid: Invalid included resource: '${key}'. ` +
          `Valid included resources are: ${Object.keys(includes)
            .map((known) => `'${known}'`)
            .join(', ')}`,
      );
    }
    return include(rows, call);
  });
  return Object.assign({}, ...resources) as object;
};

const NO_ORDER: readonly [] = [];

/** One page of the rows, with links to the others, as JSON text joined from the rows' cached texts. */
export const page = <T extends Row>(call: Call, collection: Omit<Collection<T>, 'path' | 'needs'>): string => {
  const { filters = {}, order = NO_ORDER } = collection;
  const size = positive(call, 'per_page', DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE);
  const number = positive(call, 'page', 1, Number.MAX_SAFE_INTEGER);
  const rows = ordered(filtered(collection.rows(call), call.query, filters), call, order);
  const pages = Math.max(1, Math.ceil(rows.length / size));
  const shown = rows.slice((number - 1) * size, number * size);
  const pagination = {
    total_results: rows.length,
    total_pages: pages,
    first: pageLink(call, 1, size),
    last: pageLink(call, pages, size),
    next: number < pages ? pageLink(call, number + 1, size) : null,
    previous: number > 1 ? pageLink(call, number - 1, size) : null,
  };
  const around = JSON.stringify({ pagination, resources: [], ...included(shown, call, collection) });
  return around.replace(
    '"resources":[]',
    () => `"resources":[${shown.map((row) => show(row, call, collection)).join()}]`,
  );
};

const JSON_TEXT = { 'Content-Type': 'application/json; charset=utf-8' };

export const list = <T extends Row>(collection: Collection<T>): Endpoint =>
  get(collection.path, collection.needs, (call) => ({ ...ok(page(call, collection)), headers: JSON_TEXT }), {
    filtered: !collection.path.includes(':'),
    query: [
      'page',
      'per_page',
      'order_by',
      'label_selector',
      ...(collection.includes ? ['include'] : []),
      ...fieldParameters(collection.fields),
      ...Object.keys(collection.filters ?? {}),
    ],
  });

/** Presents a single object whose endpoint takes `include` or `fields`. */
export const withIncluded = <T extends Row>(
  row: T,
  call: Call,
  collection: Pick<Collection<T>, 'includes' | 'fields' | 'present'>,
): object => ({ ...collection.present(row, call), ...included([row], call, collection) });
