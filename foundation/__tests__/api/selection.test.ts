/** Filters that all lists have: labels and times. */
import { foundationForAll, toOne, type Json } from '../../testing/harness';

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

test('a time filter before, at, and after the time of creation', async () => {
  const { body } = await foundation.admin.get('/v3/spaces?names=plain');
  const [{ created_at: made } = { created_at: '' }] = body['resources'] as Json[];
  const before = '2000-01-01T00:00:00Z';
  const after = '2999-01-01T00:00:00Z';
  expect(await spaces(`created_ats=${String(made)}&names=plain`)).toEqual(['plain']);
  expect(await spaces(`created_ats[gt]=${before}&created_ats[lt]=${after}`)).toHaveLength(3);
  expect(await spaces(`created_ats[gte]=${String(made)}&names=plain`)).toEqual(['plain']);
  expect(await spaces(`updated_ats[lte]=${before}`)).toEqual([]);
});

test('an invalid time is reported', async () => {
  const { status, text } = await foundation.admin.get('/v3/spaces?created_ats[gt]=yesterday');
  expect(status).toBe(400);
  expect(text).toContain('Timestamps should be formatted as YYYY-MM-DDThh:mm:ssZ');
});
