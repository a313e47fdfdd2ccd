import { foundationForAll, makeSpace, refusal } from '../../testing/harness';

const foundation = foundationForAll();

const LONG = 'a'.repeat(64);

/** The platform's messages about a label's key and value, in the order of its checks. */
const REFUSED: readonly (readonly [what: string, metadata: object, says: string])[] = [
  ['an empty key', { labels: { '': 'a' } }, 'label key error: key cannot be empty string'],
  ['an empty name', { labels: { 'agency.gov/': 'a' } }, 'label key error: key cannot be empty string'],
  ['two slashes', { labels: { 'a.b/c/d': 'a' } }, "label key error: key has more than one '/'"],
  [
    'a prefix that is no domain',
    { labels: { 'agency/a': 'a' } },
    "label key error: prefix 'agency' must be in valid dns format",
  ],
  [
    'the platform’s own prefix',
    { labels: { 'CloudFoundry.org/a': 'a' } },
    "label key error: prefix 'cloudfoundry.org' is reserved",
  ],
  ['a space in a key', { labels: { 'a b': 'a' } }, "label key error: 'a b' contains invalid characters"],
  [
    'a key that begins with a dot',
    { labels: { '.a': 'a' } },
    "label key error: '.a' starts or ends with invalid characters",
  ],
  [
    'a key of 64 characters',
    { labels: { [LONG]: 'a' } },
    "label key error: 'aaaaaaaa...' is greater than 63 characters",
  ],
  ['a value with @', { labels: { a: 'me@here' } }, "label value error: 'me@here' contains invalid characters"],
  [
    'a value that ends with a hyphen',
    { labels: { a: 'b-' } },
    "label value error: 'b-' starts or ends with invalid characters",
  ],
  [
    'a value of 64 characters',
    { labels: { a: LONG } },
    "label value error: 'aaaaaaaa...' is greater than 63 characters",
  ],
  [
    'an annotation’s key with a space',
    { annotations: { 'a b': 'a' } },
    "annotation key error: 'a b' contains invalid characters",
  ],
  [
    'an annotation of 5,001 characters',
    { annotations: { a: 'b'.repeat(5001) } },
    "annotation value error: 'bbbbbbbb...' is greater than 5000 characters",
  ],
];

test.each(REFUSED)('%s is refused', async (_what, metadata, says) => {
  const reply = await foundation.deployer.post('/v3/spaces', { name: 'never', metadata });
  expect(refusal(reply)).toEqual([422, expect.stringContaining(`Metadata ${says}`)]);
});

test('what the platform accepts is accepted, and null removes it', async () => {
  const { deployer } = foundation;
  const space = await makeSpace(deployer, 'labeled');
  const labels = { a: '', 'agency.gov/Team_1': 'A.b-c_1', ['k'.repeat(63)]: 'v'.repeat(63) };
  const annotations = { contact: 'me@agency.gov, <b>anything</b>', long: 'x'.repeat(5000) };
  const path = `/v3/spaces/${space}`;
  expect((await deployer.patch(path, { metadata: { labels, annotations } })).body).toMatchObject({
    metadata: { labels, annotations },
  });
  await deployer.patch(path, { metadata: { labels: { a: null } } });
  expect((await deployer.get(path)).body).toHaveProperty(['metadata', 'labels'], { ...labels, a: undefined });
});
