import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { ENGINE_NAMES, RELEASES } from '../../tools/engine';
import { REPOSITORY } from '../../tools/platform';
import { interpolate } from '../support/expression';
import { runStep } from '../support/workflow';
import { temporaryFolder } from '../support/temporary-folder';

const FOLDER = join(REPOSITORY, '.github', 'workflows');
const workflows = readdirSync(FOLDER).map((name) => ({ name, text: readFileSync(join(FOLDER, name), 'utf8') }));

test.each(workflows)('$name pins every action to a commit, with the release in a comment', ({ text }) => {
  const uses = text.split('\n').filter((line) => /^\s*(?:- )?uses:/.test(line));
  expect(uses.length).toBeGreaterThan(0);
  for (const line of uses) expect(line).toMatch(/uses: [\w.-]+\/[\w.-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
});

/**
 * What a workflow can do beyond reading the checkout, by job. A job that can write runs no code from a pull request,
 * and the job with the platform's credentials can't write.
 */
const MORE: Readonly<Record<string, object>> = {
  'plan-review-comment.yml': {
    permissions: {},
    jobs: {
      close: { statuses: 'write' },
      plan: { actions: 'read', contents: 'read' },
      comment: { actions: 'read', contents: 'read', 'pull-requests': 'write', statuses: 'write' },
      approve: { actions: 'read', contents: 'read', 'pull-requests': 'write', statuses: 'write' },
    },
  },
  // The job that pushes the branch with the evidence has no account on the platform.
  'egress-evidence.yml': {
    permissions: {},
    jobs: { record: { actions: 'read', contents: 'write' } },
  },
  // The jobs that prove to npm where a package was built, and that create a release from a tag.
  'release.yml': {
    permissions: { contents: 'read' },
    jobs: { publish: { contents: 'write', 'id-token': 'write' } },
  },
};

test.each(workflows)('$name may only read the checkout, plus what is listed here', ({ name, text }) => {
  const { permissions, jobs } = parse(text) as {
    permissions?: unknown;
    jobs: Record<string, { permissions?: object }>;
  };
  const own = Object.entries(jobs).flatMap(([job, { permissions: more }]) => (more === undefined ? [] : [[job, more]]));
  expect({ permissions, jobs: Object.fromEntries(own) as object }).toEqual(
    MORE[name] ?? { permissions: { contents: 'read' }, jobs: {} },
  );
});

test('no step has both the platform’s credentials and a GitHub token', () => {
  const steps = workflows.flatMap(({ text }) =>
    Object.values((parse(text) as { jobs: Record<string, { steps: object[] }> }).jobs).flatMap((job) => job.steps),
  );
  const texts = steps.map((step) => JSON.stringify(step));
  expect(texts.filter((step) => step.includes('secrets.') && step.includes('github.token'))).toEqual([]);
  expect(texts.filter((step) => step.includes('secrets.')).length).toBeGreaterThan(0);
});

test('the review plans with the engines that this repository is tested with, pinned by hash', () => {
  const text = workflows.find(({ name }) => name === 'plan-review-comment.yml')?.text ?? '';
  const { env } = parse(text) as { env: Readonly<Record<string, string>> };
  for (const name of ENGINE_NAMES) {
    const { version, folder, archives } = RELEASES[name];
    const github = { inputs: { engine: name } };
    expect(interpolate(env.ENGINE_URL, github)).toBe(`${folder(version)}/${name}_${version}_linux_amd64.zip`);
    expect(interpolate(env.ENGINE_SHA256, github)).toBe(archives.linux_amd64);
  }
});

test('every workflow uses the current Node.js', () => {
  const versions = workflows.flatMap(({ text }) => [...text.matchAll(/node-version: (.*)/g)].map(([, value]) => value));
  expect(versions.length).toBeGreaterThan(0);
  expect([...new Set(versions)]).toEqual(['${{ matrix.node }}', '24']);
});

test('the audit runs every day, and also sends packets if it finds something', () => {
  const { on, jobs } = parse(workflows.find(({ name }) => name === 'egress-audit.yml')?.text ?? '') as {
    on: { schedule: { cron: string }[] };
    jobs: { audit: { steps: { name: string; if?: string }[] } };
  };
  expect(on.schedule).toEqual([{ cron: expect.stringMatching(/^\d+ \d+ \* \* \*$/) as string }]);
  const [audit, verify] = ['Audit', 'Verify'].map((name) => jobs.audit.steps.findIndex((step) => step.name === name));
  expect([audit, verify]).toEqual([expect.any(Number), (audit ?? NaN) + 1]);
  expect(jobs.audit.steps[verify ?? NaN]?.if).toContain('!cancelled()');
});

test('CI runs .ci/run, like everyone', () => {
  const ci = parse(workflows.find(({ name }) => name === 'ci.yml')?.text ?? '') as {
    jobs: Record<string, { steps: { run?: string }[] }>;
  };
  const commands = Object.values(ci.jobs).flatMap((job) => job.steps.flatMap((step) => step.run ?? []));
  expect(commands).toEqual(['.ci/run']);
});

test.each([
  ['0', '0', 'as expected', ''],
  ['0', undefined, 'as expected', ''],
  ['2', '3', 'not as expected', '::error title=Egress is not as expected::'],
  ['3', '2', 'not as expected', '::error title=Egress is not as expected::'],
  ['', '2', 'not as expected', '::error title=Egress is not as expected::'],
  ['3', '0', 'inconclusive', '::warning title=Egress is inconclusive::'],
  ['1', '0', 'inconclusive', '::warning title=Egress is inconclusive::'],
  ['0', '3', 'inconclusive', '::warning title=Egress is inconclusive::'],
  // A run that failed before it began, for example because its packages aren't installed.
  ['0', '1', 'inconclusive', '::warning title=Egress is inconclusive::'],
  ['0', '', 'inconclusive', '::warning title=Egress is inconclusive::'],
  ['', '', 'inconclusive', '::warning title=Egress is inconclusive::'],
])('after audit ended with "%s" and verify with "%s" the scheduled run is %s', async (audit, verify, outcome, says) => {
  const folder = temporaryFolder();
  const [output, summary] = ['output', 'summary'].map((name) => join(folder, name)) as [string, string];
  for (const file of [output, summary]) writeFileSync(file, '');
  const step = { workflow: 'egress-audit.yml', job: 'audit', name: 'Say the outcome' };
  const contexts = {
    vars: { EGRESS_APP_URL: verify === undefined ? '' : 'https://demo.example.gov' },
    steps: { audit: { outputs: { code: audit } }, verify: { outputs: { code: verify } } },
  };
  const env = { PATH: process.env.PATH, GITHUB_OUTPUT: output, GITHUB_STEP_SUMMARY: summary };
  const { code, printed } = await runStep(step, contexts, { cwd: folder, env });
  expect([code, readFileSync(output, 'utf8')]).toEqual([outcome === 'as expected' ? 0 : 1, `outcome=${outcome}\n`]);
  expect([printed.startsWith(says), printed === '']).toEqual([true, says === '']);
  expect(readFileSync(summary, 'utf8')).toContain(`Egress: **${outcome}**`);
});
