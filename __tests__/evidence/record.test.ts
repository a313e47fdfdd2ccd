import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { evidenceCommand, recorder } from '../../evidence/commands';
import type { EvidenceRecord } from '../../evidence/record';
import { auditCommand, reviewCommand } from '../../review/commands';
import { plan } from '../review/support/plan';
import { runCommand } from '../review/support/command';
import { temporaryFolder } from '../support/temporary-folder';

const CANARY = 'canary-2f6d41c0';

let folder: string;
let store: string;

beforeEach(() => {
  folder = temporaryFolder();
  store = join(folder, 'store');
});

const file = (name: string, content: object | string): string => {
  const path = join(folder, name);
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
};

const writer = (env: NodeJS.ProcessEnv = {}) => ({
  env,
  now: () => new Date('2026-06-01T10:00:00Z'),
  command: '1.2.3',
});

const evidence = (args: readonly string[], env?: NodeJS.ProcessEnv) => runCommand(evidenceCommand(writer(env)), args);

const records = (): EvidenceRecord[] =>
  readdirSync(join(store, 'records')).map(
    (name) => JSON.parse(readFileSync(join(store, 'records', name), 'utf8')) as EvidenceRecord,
  );

/** The whole content of the store as one text. */
const everything = (): string =>
  readdirSync(store, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'))
    .join('\n');

const review = (opens: number, unknown: number) => ({
  version: 2,
  kind: 'plans',
  sentence: `opens ${opens}, closes 0`,
  widens: opens + unknown > 0,
  digest: 'd'.repeat(32),
  environments: [{ name: '', opens: Array(opens).fill({}), unknown: Array(unknown).fill({}) }],
});
const row = (ok: boolean) => ({
  number: 1,
  what: 'a → b',
  way: 'direct',
  expected: 'refused',
  seen: 'refused',
  ok,
  outcome: ok ? 'as expected' : 'not as expected',
});
const verified = (outcome: string, ...rows: object[]) => ({ version: 1, kind: 'verify', outcome, rows });
const approval = (state: string, by?: readonly string[]) => ({
  gate: { state, description: 'approved by reviewer', ...(by !== undefined && { by }) },
  digest: 'd'.repeat(32),
  pullRequest: 7,
  commit: 'abc',
});
const audit = (extra: number, unknown: number) => ({
  spaces: ['org/b', 'org/a'],
  extra: Array(extra).fill({}),
  missing: [],
  unknown: Array(unknown).fill({}),
  global: [],
});
const organization = (outcome?: string, baseline?: object) => ({
  kind: 'organization',
  organization: 'org',
  ...(outcome !== undefined && { outcome }),
  observations: [],
  ...(baseline !== undefined && { baseline }),
});

test.each([
  ['a review that opens nothing', review(0, 0), 'review', 'review', 'as expected'],
  ['a review that opens something', review(1, 1), 'review', 'review', 'not as expected'],
  ['a review that could not tell', review(0, 1), 'review', 'review', 'inconclusive'],
  ['an approval', approval('success', ['reviewer']), 'approval', 'review', 'as expected'],
  ['a refusal', approval('failure'), 'approval', 'review', 'not as expected'],
  ['an audit without a difference', audit(0, 0), 'audit', 'configuration', 'as expected'],
  ['an audit with a difference', audit(1, 1), 'audit', 'configuration', 'not as expected'],
  ['an audit that could not compare', audit(0, 1), 'audit', 'configuration', 'inconclusive'],
  ['an organization that is as before', organization('as expected', {}), 'audit', 'configuration', 'as expected'],
  ['an organization that was compared with nothing', organization(), 'audit', 'configuration', 'inconclusive'],
  ['answers that are as expected', verified('as expected', row(true)), 'verify', 'packets', 'as expected'],
  ['an answer that is not', verified('not as expected', row(true), row(false)), 'verify', 'packets', 'not as expected'],
  ['answers that could not be had', verified('inconclusive'), 'verify', 'packets', 'inconclusive'],
])('%s is recorded with its kind', async (_, result, kind, method, outcome) => {
  const { code, error } = await evidence(['record', '--store', store, file('result.json', result)]);
  expect({ code, error }).toEqual({ code: 0, error: '' });
  expect(records()).toMatchObject([
    { number: 1, previous: '', kind, method, outcome, time: '2026-06-01T10:00:00.000Z' },
  ]);
});

test('a record names the commit, pull request, plan, list, image, engine and providers of a result', async () => {
  const proxy = {
    name: 'proxy',
    org_name: 'org',
    space_name: 'out',
    docker_image: 'registry.example/proxy@sha256:0123',
    environment: { EGRESS_ALLOW: 'api.example.gov:443' },
  };
  const change = { address: 'cloudfoundry_app.proxy', before: proxy, after: proxy };
  const saved = file('plan.json', plan([change], { more: { terraform_version: '1.11.4' } }));
  const lock = file('lock', 'provider "registry.terraform.io/cloudfoundry/cloudfoundry" {\n  version = "1.16.0"\n}\n');
  const sbom = file('sbom.json', '{}');
  const result = file('review.json', review(1, 0));
  const args = ['record', '--store', store, result, '--plan', saved, '--lock', lock, '--sbom', sbom];
  const env = { GITHUB_SHA: 'abc', GITHUB_REF: 'refs/pull/7/merge', GITHUB_RUN_ID: '9' };
  await evidence(args, { ...env, GITHUB_SERVER_URL: 'https://github.com', GITHUB_REPOSITORY: 'org/repo' });
  const hash = expect.stringMatching(/^[0-9a-f]{64}$/) as string;
  expect(records()).toMatchObject([
    {
      commit: 'abc',
      pullRequest: 7,
      subject: 'pull request 7',
      run: 'https://github.com/org/repo/actions/runs/9',
      plans: [hash],
      list: hash,
      images: ['registry.example/proxy@sha256:0123'],
      sbom: '44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a',
      engine: 'terraform 1.11.4',
      providers: { 'registry.terraform.io/cloudfoundry/cloudfoundry': '1.16.0' },
      digest: 'd'.repeat(32),
      command: '1.2.3',
      result: hash,
    },
  ]);
});

test('an approval is recorded with its author and digest', async () => {
  await evidence(['record', '--store', store, file('gate.json', approval('success', ['reviewer']))]);
  expect(records()).toMatchObject([
    { kind: 'approval', subject: 'pull request 7', approvedBy: ['reviewer'], digest: 'd'.repeat(32) },
  ]);
});

test('only results are recorded: a plan would contain secrets', async () => {
  for (const content of [plan([]), [], {}, 'no JSON', [{ ok: 'yes' }]]) {
    const { code, error } = await evidence(['record', '--store', store, file('x.json', content)]);
    expect(code).toBe(1);
    expect(error).toMatch(/not a result of|is not JSON/);
  }
  expect(() => readdirSync(store)).toThrow();
});

test('a result with a password, a token or a key in it is not recorded', async () => {
  const said = file('rows.json', verified('not as expected', { ...row(false), seen: `401: Bearer "${CANARY}"` }));
  const environments = [
    { CF_PASSWORD: CANARY },
    { GITHUB_TOKEN: CANARY },
    { AWS_SECRET_ACCESS_KEY: CANARY },
    { TF_VAR_registry_password: CANARY },
    { CREDENTIALS: `CF_USER=me\nCF_ANYTHING=${CANARY}` },
  ];
  for (const env of environments) {
    const { code, error } = await evidence(['record', '--store', store, said], env);
    expect(code).toBe(1);
    expect(error).toMatch(/the result contains the value of [A-Za-z_]+, so nothing was recorded/);
    expect(error).not.toContain(CANARY);
  }
  expect(() => readdirSync(store)).toThrow();
});

test('no secret of a plan gets into what review --record writes', async () => {
  const before = { name: 'web', org_name: 'org', space_name: 'closed', environment: { PASSWORD: CANARY } };
  const after = { ...before, environment: { PASSWORD: `${CANARY}-2` }, docker_credentials: { password: CANARY } };
  const service = { name: 's3', credentials: CANARY, parameters: `{"secret":"${CANARY}"}` };
  const changes = [
    { address: 'cloudfoundry_app.web', before, after },
    { address: 'cloudfoundry_service_instance.s3', before: null, after: service },
  ];
  const saved = file('plan.json', plan(changes, { more: { variables: { key: { value: CANARY } } } }));
  const { error } = await runCommand(reviewCommand(recorder(writer())), [saved, '--record', store]);
  expect(error).toMatch(/^recorded in .*, whose head is 1:[0-9a-f]{64}\n$/);
  expect(records()).toMatchObject([{ kind: 'review', subject: 'plan' }]);
  expect(everything()).not.toContain(CANARY);
});

test('a check that could not run is recorded as inconclusive, with why, and still fails', async () => {
  const command = auditCommand(() => Promise.reject(new Error('the platform is away')), recorder(writer()));
  const saved = file('plan.json', plan([]));
  const { code, error } = await runCommand(command, [saved, '--record', store]);
  expect(code).toBe(1);
  expect(error).toContain('the platform is away');
  expect(records()).toMatchObject([{ kind: 'audit', outcome: 'inconclusive', summary: 'the platform is away' }]);
});

test('check reports a complete chain, or with exit code 2 what is missing', async () => {
  const result = file('rows.json', verified('as expected', row(true)));
  for (let times = 0; times < 3; times += 1) await evidence(['record', '--store', store, result]);
  const whole = await evidence(['check', '--store', store]);
  expect(whole).toMatchObject({ code: 0, error: '' });
  expect(whole.out).toMatch(/^3 records, nothing is missing or changed; the head is 3:[0-9a-f]{64}\n$/);
  rmSync(join(store, 'records', '00000002.json'));
  const { code, out } = await evidence(['check', '--store', store]);
  expect(code).toBe(2);
  expect(out).toContain('records/00000002.json is missing\n');
});

test('check of a folder without evidence is an error, not a success', async () => {
  expect(await evidence(['check', '--store', store])).toMatchObject({ code: 1, out: '' });
});

test('records of another store are added in order, with their time and circumstances, and none from an incomplete store', async () => {
  const other = join(folder, 'other');
  const result = file('rows.json', verified('as expected', row(true)));
  for (const commit of ['a', 'b']) await evidence(['record', '--store', other, '--commit', commit, result]);
  const audited = file('audit.json', audit(0, 0));
  await evidence(['record', '--store', store, '--commit', 'first', audited]);
  expect((await evidence(['record', '--store', store, '--from', other])).out).toMatch(/head is 3:/);
  expect(records().map(({ number, commit, time }) => [number, commit, time])).toEqual(
    ['first', 'a', 'b'].map((commit, at) => [at + 1, commit, '2026-06-01T10:00:00.000Z']),
  );
  expect(await evidence(['check', '--store', store])).toMatchObject({ code: 0 });
  rmSync(join(other, 'head.json'));
  const { code, error } = await evidence(['record', '--store', store, '--from', other]);
  expect({ code, error }).toEqual({
    code: 1,
    error: expect.stringContaining('is not intact, so nothing was added') as string,
  });
  expect(records()).toHaveLength(3);
});

test.each<[string, object]>([
  ['answers that are said to be right, without any', verified('as expected')],
  ['answers that are said to be right, with a wrong one', verified('as expected', row(true), row(false))],
  ['a part of a review', { widens: true, environments: [{}], sentence: 'opens 1' }],
  ['a part of an audit', { spaces: ['org/a'], missing: [] }],
  ['a comparison without an outcome', organization(undefined, {})],
])('%s are not mistaken for a result, and create no record', async (_, result) => {
  const { code, error } = await evidence(['record', '--store', store, file('part.json', result)]);
  expect([code, error]).toEqual([
    1,
    expect.stringContaining('not a result of review, review-publish, audit or verify'),
  ]);
  expect(() => readdirSync(store)).toThrow();
});

test("a result whose record couldn't be read back is not written, because that would end the chain", async () => {
  const approved = { gate: { state: 'success', description: 'by' }, digest: 'd', pullRequest: 7 };
  const args = ['record', '--store', store, '--pull-request', '9'.repeat(20), file('gate.json', approved)];
  const { code, error } = await evidence(args);
  expect([code, error]).toEqual([1, expect.stringContaining('makes no complete record, so nothing was recorded')]);
  expect(() => readdirSync(store)).toThrow();
});

const SECRET = 'can&ry/2f6d 41c0';

test.each([
  ['escapes of JSON', `{"b":"${Array.from(SECRET, (sign) => `\\u00${sign.charCodeAt(0).toString(16)}`).join('')}"}`],
  ['an address', JSON.stringify({ b: `https://x/?p=${encodeURIComponent(SECRET)}` })],
  ...['', 'x', 'xy', 'me:'].map((before): [string, string] => [
    `base64 behind "${before}"`,
    JSON.stringify({ b: Buffer.from(`${before}${SECRET}.`).toString('base64') }),
  ]),
])('a secret in %s is not recorded', async (_, more) => {
  const result = { ...verified('as expected', row(true)), more: '?' };
  const said = file('said.json', JSON.stringify(result).replace('"?"', more));
  const { code, error } = await evidence(['record', '--store', store, said], { CF_PASSWORD: SECRET });
  expect([code, error]).toEqual([1, expect.stringContaining('the result contains the value of CF_PASSWORD')]);
  expect(() => readdirSync(store)).toThrow();
});

test.each([
  ['2999-01-01', 'is not in the past'],
  ['1800-01-01', 'is before the year 2000'],
  ['9999y', 'is before the year 2000'],
])('--since %s is refused by report and oscal alike', async (since, says) => {
  await evidence(['record', '--store', store, file('rows.json', verified('as expected', row(true)))]);
  for (const args of [['report'], ['oscal', 'assessment-results']]) {
    const asked = evidence([...args, '--store', store, '--since', since]);
    const said = await asked.then(({ error }) => error, String);
    expect(said).toContain(says);
  }
});
