import fc from 'fast-check';
import { page } from '../../src/api/collection';
import type { Call } from '../../src/api/endpoint';
import type { Row } from '../../src/cloud/records';
import { foundationForAll, toOne, type Json } from '../../testing/harness';

interface Named extends Row {
  readonly name: string;
}

interface Page {
  readonly pagination: {
    readonly total_results: number;
    readonly total_pages: number;
    readonly next: { readonly href: string } | null;
    readonly previous: { readonly href: string } | null;
  };
  readonly resources: readonly string[];
}

const rows = fc
  .array(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 40 })
  .map((names): Named[] =>
    names.map((name, index) => ({ guid: String(index), createdAt: '2026', updatedAt: '2026', name })),
  );

/** Shared by all lists, to test that one list's cached order is not used for another. */
const ORDER = ['name'] as const;

const ask = (all: readonly Named[], query: Record<string, string>): Page =>
  JSON.parse(
    page({ base: 'http://api', path: '/v3/things', query } as unknown as Call, {
      rows: () => all,
      filters: { names: (row: Named) => row.name },
      order: ORDER,
      present: (row: Named) => row.guid as unknown as object,
    }),
  ) as Page;

/** Follows the link to the next page, as clients do. */
const walk = (all: readonly Named[], query: Record<string, string>): string[] => {
  const shown = ask(all, query);
  const { next } = shown.pagination;
  const rest = next ? walk(all, Object.fromEntries(new URL(next.href).searchParams)) : [];
  return [...shown.resources, ...rest];
};

describe('a list', () => {
  test('shows each row once, in order, whatever the size of its pages', () =>
    fc.assert(
      fc.property(rows, fc.integer({ min: 1, max: 50 }), (all, size) =>
        expect(walk(all, { per_page: String(size) })).toEqual(all.map(({ guid }) => guid)),
      ),
    ));

  test('has at least one page, and the total number of rows on the first', () =>
    fc.assert(
      fc.property(rows, fc.integer({ min: 1, max: 50 }), (all, size) => {
        const { pagination } = ask(all, { per_page: String(size) });
        expect(pagination).toMatchObject({
          total_results: all.length,
          total_pages: Math.max(1, Math.ceil(all.length / size)),
          previous: null,
        });
      }),
    ));

  test('filters to exactly the rows that have one of the values', () =>
    fc.assert(
      fc.property(rows, fc.uniqueArray(fc.constantFrom('a', 'b', 'x'), { minLength: 1 }), (all, names) =>
        expect(walk(all, { names: names.join(','), per_page: '7' })).toEqual(
          all.filter(({ name }) => (names as string[]).includes(name)).map(({ guid }) => guid),
        ),
      ),
    ));

  test('is in exactly the opposite order when descending', () =>
    fc.assert(
      fc.property(rows, fc.constantFrom('name', 'created_at'), (all, key) => {
        const ascending = walk(all, { order_by: key });
        expect(walk(all, { order_by: `-${key}` })).toEqual([...ascending].reverse());
      }),
    ));
});

test('the text of a row is cached until the row, other data that it shows, or the URL of the API changes', () => {
  const shown: string[] = [];
  let revision = 0;
  let all: Named[] = [{ guid: 'a', createdAt: '2026', updatedAt: '2026', name: 'first "$&' }];
  const list = (base = 'http://api'): unknown =>
    (
      JSON.parse(
        page({ base, path: '/v3/things', query: {} } as unknown as Call, {
          rows: () => all,
          reads: () => revision,
          present: (row: Named) => {
            shown.push(row.name);
            return { name: row.name, revision, base };
          },
        }),
      ) as Page
    ).resources[0];
  expect([list(), list()]).toEqual(Array(2).fill({ name: 'first "$&', revision: 0, base: 'http://api' }));
  expect(shown).toHaveLength(1);
  expect(list('http://other')).toMatchObject({ base: 'http://other' });
  revision = 1;
  expect(list('http://other')).toMatchObject({ revision: 1 });
  all = all.map((row) => ({ ...row, name: 'second' }));
  expect(list('http://other')).toMatchObject({ name: 'second' });
  expect(shown).toHaveLength(4);
});

describe('a label selector', () => {
  const foundation = foundationForAll();

  const LABELS = { plain: {}, production: { env: 'production', tier: 'web' }, test: { env: 'test' } };

  beforeAll(async () => {
    const { admin } = foundation;
    const organization = await admin.find('/v3/organizations');
    for (const [name, labels] of Object.entries(LABELS)) {
      const relationships = { organization: toOne(organization) };
      await admin.create('/v3/spaces', { name, relationships, metadata: { labels } });
    }
  });

  const spaces = async (query: string): Promise<unknown[]> => {
    const { body, status, text } = await foundation.admin.get(`/v3/spaces?${query}`);
    if (status !== 200) throw new Error(text);
    return (body['resources'] as Json[]).map(({ name }) => name);
  };

  test.each([
    ['env', ['production', 'test']],
    ['!env', ['plain']],
    ['env=test', ['test']],
    ['env==test', ['test']],
    ['env!=test', ['plain', 'production']],
    ['env in (test,production)', ['production', 'test']],
    ['env in (test, stage)', ['test']],
    ['env notin (test)', ['plain', 'production']],
    ['env,tier', ['production']],
    ['env in (test,production),tier=web', ['production']],
    ['constructor', []],
  ])('a label selector "%s" finds %j', async (selector, expected) => {
    expect(await spaces(`label_selector=${encodeURIComponent(selector)}`)).toEqual(expected);
  });

  test.each(['env in', '(', 'a b', 'env=(x)', 'env in test'])('"%s" is no label selector', async (selector) => {
    const { status, text } = await foundation.admin.get(`/v3/spaces?label_selector=${encodeURIComponent(selector)}`);
    expect(status).toBe(400);
    expect(text).toContain('Invalid label_selector value');
  });
});
