/** Incomplete lists that a platform can return. None of them must look like a complete list. */
import { all } from '../../review/readers/list';
import { isUnanswered, readSpaces, type Item, type Platform } from '../../review/readers/live';
import { readOrganization } from '../../review/organization/read';

const items = (count: number): Item[] => Array.from({ length: count }, (_, at) => ({ guid: `g${at}` }));
const query = (path: string): URLSearchParams => new URL(path, 'http://api').searchParams;
const number = (path: string, name: string): number => Number(query(path).get(name));

/** @param change modifies the items before a page is returned */
function serving(there: Item[], change: (page: number, there: Item[]) => void = () => undefined): Platform {
  return {
    get: (path) => {
      const [page, per] = [number(path, 'page'), number(path, 'per_page')];
      change(page, there);
      const pagination = { total_results: there.length, total_pages: Math.ceil(there.length / per) };
      return Promise.resolve({ resources: there.slice((page - 1) * per, page * per), pagination });
    },
  };
}

const answering = (answer: object | null): Platform => ({
  get: () => Promise.resolve(answer as Record<string, unknown>),
});

test('a list with several pages is read completely', async () => {
  expect(await all(serving(items(401)), '/v3/apps')).toEqual(items(401));
  expect(await all(serving([]), '/v3/apps')).toEqual([]);
});

test('deleting an item while pages are read hides no later one', async () => {
  let deleted = false;
  const platform = serving(items(401), (page, there) => {
    if (page === 2 && !deleted) deleted = there.shift() !== undefined;
  });
  expect(await all(platform, '/v3/apps')).toEqual(items(401).slice(1));
});

test('a list that changes with each read is unknown', async () => {
  const platform = serving(items(1000), (page, there) => {
    if (page === 2) there.shift();
  });
  const failure = await all(platform, '/v3/apps').catch((error: unknown) => error);
  expect(isUnanswered(failure)).toBe(true);
  expect(String(failure)).toContain('/v3/apps did not give as many as it counts');
});

test("a list that always has another page isn't read forever", async () => {
  const asked: string[] = [];
  const platform: Platform = {
    get: (path) => {
      asked.push(path);
      const pagination = { total_results: 3, total_pages: number(path, 'page') + 1 };
      return Promise.resolve({ resources: items(3), pagination });
    },
  };
  await expect(all(platform, '/v3/apps')).rejects.toThrow('did not give as many as it counts');
  expect(asked).toHaveLength(6);
});

test.each([
  ['nothing', {}],
  ['null', null],
  ['items without pages', { resources: [] }],
  ['pages without a number', { resources: [], pagination: { total_pages: null, total_results: 0 } }],
  ['pages without items', { pagination: { total_pages: 1, total_results: 0 } }],
])("%s instead of a list doesn't count as an empty list", async (_, answer) => {
  const failure = await all(answering(answer), '/v3/apps').catch((error: unknown) => error);
  expect(isUnanswered(failure)).toBe(true);
  expect(String(failure)).toContain('/v3/apps is answered with something other than a list');
});

const space = { item: { guid: 's', name: 'space' }, org: 'o', id: 'org/space' };

/** An organization with one application, and these other answers. */
const world = (answers: Readonly<Record<string, object>>, identity?: Platform['identity']): Platform => ({
  ...(identity !== undefined && { identity }),
  get: (path) => {
    const [base = ''] = path.split('?');
    const found = Object.entries(answers).find(([end]) => base.endsWith(end))?.[1];
    const home = { space: { data: { guid: 's' } } };
    const lists: Readonly<Record<string, object[]>> = {
      '/v3/organizations': [{ guid: 'o', name: 'org' }],
      '/v3/spaces': [{ ...space.item, relationships: { organization: { data: { guid: 'o' } } } }],
      '/v3/apps': [{ guid: 'a', name: 'web', relationships: home }],
    };
    const resources = lists[base] ?? [];
    return Promise.resolve(
      (found ?? { policies: [], resources, pagination: { total_pages: 1, total_results: resources.length } }) as Record<
        string,
        unknown
      >,
    );
  },
});

test("missing policies are unknown, which doesn't mean that there are none", async () => {
  const reading = readSpaces(world({ '/policies': {} }), [], [space], () => true);
  await expect(reading).rejects.toThrow('/networking/v1/external/policies?id=a is answered with something other');
});

test('variables and SSH that an answer leaves out are unknown', async () => {
  const answers = { '/environment_variables': {}, '/features/ssh': {} };
  const { resources } = await readSpaces(world(answers), [], [space], () => true);
  const { environment, enable_ssh: ssh } = resources.find(({ type }) => type === 'cloudfoundry_app')?.values ?? {};
  expect([environment, ssh]).toMatchObject([
    { because: expect.stringContaining('the answer does not say it') as string },
    { because: expect.stringContaining('the answer does not say it') as string },
  ]);
});

const manager = (user: string) => ({
  guid: 'r',
  type: 'organization_manager',
  relationships: { user: { data: { guid: user } }, organization: { data: { guid: 'o' } } },
});

test.each([
  ['of somebody else', 'me', 'other', ['spaces']],
  ['of whoever is asked for by no name', '', 'other', ['spaces']],
  ['of its own', 'me', 'me', []],
])('a role %s shows what this account sees, or does not', async (_, id, holder, gaps) => {
  const roles = { resources: [manager(holder)], pagination: { total_pages: 1, total_results: 1 } };
  const answers = { '/v3/roles': roles, '/features/ssh': { enabled: false } };
  const { unseen } = await readOrganization(world(answers, { id, name: 'me', scopes: [] }), 'org');
  expect(unseen.map(({ kind }) => kind).filter((kind) => kind === 'spaces')).toEqual(gaps);
});
