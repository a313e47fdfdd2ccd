/**
 * A pull request from `git diff` to the comment. Runs the workflows' own steps in their order, against a repository
 * whose default branch is deployed, with the real engine and provider, the foundation's API (with a cell in memory,
 * because a plan needs no packets), and the part of GitHub that is called. Each case names its engine, so that both are
 * tested and no case runs twice.
 */
import { execFile, execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { buildCommand } from '../../tools/build-command';
import { type Engine, ENGINE_NAMES, type EngineName, findEngine } from '../../tools/engine';
import { REPOSITORY } from '../../tools/platform';
import { engineEnvironment, ensureProviders, withChange } from '../../tools/providers';
import { startFoundation } from '@space-egress/foundation/testing';
import { testUnderAny } from '../support/engines';
import { temporaryFolder } from '../support/temporary-folder';
import { FakeGitHub } from './support/github';
import { Repository, StateServer } from './support/repository';
import { lockOf } from './support/engine';
import { runWorkflow, type JobEnd, type Machine } from '../support/workflow';

jest.setTimeout(300_000);

const run = promisify(execFile);
const NAME = 'agency/infrastructure';
/** The run number of the workflow that comments. */
const RUN = 42;

/** The program of another repository, which calls the workflows. */
const program = (change: string, more = ''): string => `
import { App, HttpBackend } from 'cdktf';
import { demo } from './library/__tests__/review/support/demo';
import { newStack } from './library/__tests__/support/synth';

const app = new App();
const stack = newStack(app, 'demo');
new HttpBackend(stack, { address: process.env.STATE ?? '' });
demo({ ${change} })(stack);
${more}
app.synth();
`;
const MERGED = program("allow: ['www.example.com:443']");
const ANOTHER_HOST = program("allow: ['www.example.com:443', 'api.example.gov:443']");
const TWO_HOSTS = program("allow: ['www.example.com:443', 'api.example.gov:443', '.example.net:443']");

const INPUTS = {
  'working-directory': 'infra',
  install: 'ln -s "$LIBRARY" library && ln -s "$LIBRARY/node_modules" node_modules',
  synth: 'node --require tsx/cjs main.ts',
};

/** A repository that is planned with one engine. */
interface Side {
  readonly repository: Repository;
  readonly machine: Machine;
  readonly vars: Readonly<Record<string, string>>;
  readonly inputs: Readonly<Record<string, string>>;
}

describe('a pull request', () => {
  const ends: (() => unknown)[] = [];
  const sides = new Map<EngineName, Side>();
  let github: FakeGitHub;
  /** The repository of the current case. */
  let side: Side;

  beforeAll(async () => {
    // The published form, which starts in a fifth of the time that the sources need.
    const command = join(temporaryFolder(), 'space-egress.js');
    await buildCommand(command);
    const engines = (await Promise.all(ENGINE_NAMES.map((name) => findEngine(name)))).filter(
      (one) => one !== undefined,
    );
    const foundation = await startFoundation({ cell: { image: () => ({ ports: [3128] }) } });
    ends.push(() => foundation.close());
    github = await FakeGitHub.start(NAME);
    ends.push(() => github.stop());
    const { deployer } = foundation.service.credentials;
    const account = {
      CF_API_URL: foundation.service.url,
      CF_USER: deployer.username,
      CF_PASSWORD: deployer.password,
    };
    let deployed = '';
    for (const found of engines) {
      // A repository that switches to the other engine: the same platform, and the state with that engine's registry.
      const state = await StateServer.start(deployed.replaceAll('registry.terraform.io/', 'registry.opentofu.org/'));
      ends.push(() => state.stop());
      const made = await sideOf(found, state.url, account, command);
      sides.set(found.name, made);
      if (deployed === '') {
        await deploy(found, made, account);
        deployed = state.content;
      }
    }
  });

  async function sideOf(found: Engine, state: string, account: object, command: string): Promise<Side> {
    const lines = (values: object): string =>
      Object.entries(values)
        .map(([name, value]) => `${name}=${String(value)}`)
        .join('\n');
    const config = { LIBRARY: REPOSITORY, STATE: state };
    const env = withChange(
      {
        PATH: `${dirname(found.path)}:${process.env.PATH ?? ''}`,
        HOME: process.env.HOME,
        GITHUB_API_URL: github.url,
        GITHUB_REPOSITORY: NAME,
        ...config,
      },
      await engineEnvironment(found, await ensureProviders(found.name)),
    );
    const repository = new Repository({
      'infra/main.ts': MERGED,
      'infra/.terraform.lock.hcl': lockOf(found.path, env, ['cloudfoundry/cloudfoundry', 'kreuzwerker/docker']),
      'infra/cdktf.json': JSON.stringify({ language: 'typescript', app: 'node --require tsx/cjs main.ts' }),
    });
    ends.push(() => {
      repository.remove();
    });
    const nothing = (): void => undefined;
    const machine = {
      env,
      actions: {
        ...repository.actions,
        'actions/setup-node': nothing,
      },
      secrets: { 'egress-plan': { EGRESS_PLAN: lines(account) } },
    };
    const vars = { EGRESS_PLAN: 'true', EGRESS_CONFIG: lines(config) };
    const inputs = { ...INPUTS, 'space-egress': `node ${command}`, engine: found.name, ...archiveOf(found.path, env) };
    return { repository, machine, vars, inputs };
  }

  /** Deploys the default branch. */
  async function deploy({ path }: Engine, { repository, machine: { env } }: Side, account: object): Promise<void> {
    const deployed = join(repository.folder, 'deployed');
    repository.checkOut(deployed);
    const stack = join(deployed, 'infra', 'cdktf.out', 'stacks', 'demo');
    for (const script of [INPUTS.install, INPUTS.synth]) {
      execFileSync('bash', ['-euc', script], { cwd: join(deployed, 'infra'), env, stdio: 'pipe' });
    }
    for (const command of [['init'], ['apply', '-auto-approve']]) {
      await run(path, [...command, '-input=false'], { cwd: stack, env: { ...env, ...account } });
    }
  }

  /** A release of the engine for the workflow: an archive with a hash. */
  function archiveOf(program: string, env: NodeJS.ProcessEnv) {
    const file = join(temporaryFolder(), 'engine.zip');
    execFileSync('zip', ['-0', '-q', '-j', file, program], { env });
    const sum = createHash('sha256').update(readFileSync(file)).digest('hex');
    return { 'engine-url': `file://${file}`, 'engine-sha256': sum };
  }

  afterAll(async () => {
    for (const end of ends) await end();
  });

  /** @param engine the engine that plans; if only the other one is installed, that one */
  const whenAvailable = (name: string, engine: EngineName, body: (side: Side) => Promise<void>): void => {
    testUnderAny(name, async () => {
      side = sides.get(engine) ?? ([...sides.values()][0] as Side);
      await body(side);
    });
  };

  interface Event {
    readonly from?: string;
    readonly base?: string;
    readonly vars?: Readonly<Record<string, string>>;
    readonly inputs?: Readonly<Record<string, string>>;
    readonly machine?: Partial<Machine>;
  }

  /** Runs what follows a push or a label: the pull request's workflow, and then the default branch's. */
  async function review(sha: string, event: Event = {}): Promise<Readonly<Record<string, JobEnd>>> {
    const { repository, machine, vars, inputs: own } = side;
    github.open({ number: 7, sha, author: 'author', from: event.from, base: event.base });
    const inputs = { ...own, ...event.inputs };
    const of = { ...machine, ...event.machine };
    const shared = { inputs, vars: { ...vars, ...event.vars } };
    repository.startFrom('refs/pull/7/merge');
    const pull = { event: { pull_request: { number: 7 } }, repository: NAME };
    const first = await runWorkflow('plan-review.yml', { ...shared, github: pull }, of);
    expect(first.synthesize).toMatchObject({ result: 'success' });
    repository.startFrom('main');
    const workflowRun = {
      id: 1,
      conclusion: 'success',
      event: 'pull_request',
      head_sha: sha,
      head_branch: 'change',
      head_repository: { full_name: event.from ?? NAME },
    };
    const finished = { event: { workflow_run: workflowRun }, repository: NAME, token: 'token', run_id: RUN };
    return runWorkflow('plan-review-comment.yml', { ...shared, github: finished }, of);
  }

  const results = (jobs: Readonly<Record<string, JobEnd>>) =>
    Object.fromEntries(Object.entries(jobs).map(([name, { result }]) => [name, result]));
  const comment = (): string => github.comments.map(({ body }) => body).join('\n---\n');
  const approval = (): string => /egress-approved-[0-9a-v]{32}/.exec(comment())?.[0] ?? 'none';
  const status = () => {
    const { sha, state, description } = github.statuses.at(-1) ?? { sha: '', state: '', description: '' };
    return { sha, state, description };
  };

  whenAvailable(
    'that allows a host is planned, described in one comment, and approved for exactly that',
    'terraform',
    async ({ repository }) => {
      const sha = repository.push({ 'infra/main.ts': ANOTHER_HOST });
      const jobs = await review(sha, { inputs: { synth: 'npx cdktf synth --output cdktf.out' } });
      expect(results(jobs)).toEqual({ close: 'success', plan: 'success', comment: 'success', approve: 'skipped' });
      expect(comment().split('\n')).toEqual(
        expect.arrayContaining([
          '<!-- space-egress review -->',
          '### Egress: opens 1, closes 0: `web` can now reach `api.example.gov:443` through `proxy`',
          '| `web` | `api.example.gov:443` | through `proxy` | `demo/Proxy` |',
          `What opens needs an approval of exactly this change: \`${approval()}\`.`,
        ]),
      );
      expect(comment()).not.toContain('two states of the program are compared');
      expect(status()).toEqual({
        sha,
        state: 'failure',
        description: `needs label ${approval()}: opens 1, closes 0: web can now reach api.example.gov:443 through proxy`,
      });

      const first = approval();
      github.label(first, 'reviewer');
      await review(sha);
      expect(status()).toMatchObject({ sha, state: 'success' });

      const wider = repository.push({ 'infra/main.ts': TWO_HOSTS });
      await review(wider);
      expect(github.comments).toHaveLength(1);
      expect(comment()).toContain('### Egress: opens 2, closes 0:');
      expect(comment()).toContain('`.example.net:443`');
      expect(approval()).not.toBe(first);
      expect(status()).toMatchObject({ sha: wider, state: 'failure' });

      const back = repository.push({ 'infra/main.ts': ANOTHER_HOST });
      await review(back);
      expect(approval()).toBe(first);
      expect(status()).toMatchObject({ sha: back, state: 'success' });
      expect(github.writes.filter((write) => write.includes('/comments'))).toEqual([
        'POST /repos/agency/infrastructure/issues/7/comments',
        ...Array.from({ length: 3 }, () => 'PATCH /repos/agency/infrastructure/issues/comments/1'),
      ]);
    },
  );

  whenAvailable(
    'is approved by the reviewers of an environment, if there is one, and not by its author',
    'tofu',
    async ({ repository }) => {
      const sha = repository.push({ 'infra/main.ts': TWO_HOSTS });
      const environment = 'egress-approval';
      for (const [by, state] of [
        ['author', 'failure'],
        ['reviewer', 'success'],
      ] as const) {
        github.reviews = { [RUN]: [{ environment, by }] };
        const jobs = await review(sha, { vars: { EGRESS_APPROVAL_ENVIRONMENT: environment } });
        expect(results(jobs)).toEqual({ close: 'success', plan: 'success', comment: 'success', approve: 'success' });
        expect(github.statuses.slice(-2).map((status) => status.state)).toEqual(['failure', state]);
      }
      expect(status().description).toMatch(/^approved by reviewer: opens 2, closes 0/);
    },
  );

  whenAvailable(
    'of a fork is reviewed without credentials, against the default branch and not what its own code says of that',
    'tofu',
    async ({ repository }) => {
      const lies = ANOTHER_HOST.replace(
        'app.synth();',
        `app.synth();\n// writes what it likes where the other side once was\nrequire('fs').cpSync('cdktf.out', '../../review-input/before', { recursive: true });`,
      );
      const sha = repository.push({ 'infra/main.ts': lies });
      const jobs = await review(sha, { from: 'stranger/infrastructure' });
      expect(comment()).toContain(`whatever opens, it needs an approval of exactly this change at commit \`${sha}\``);
      expect(status()).toMatchObject({ sha, state: 'failure' });
      expect(results(jobs)).toEqual({ close: 'success', plan: 'skipped', comment: 'success', approve: 'skipped' });
      expect(comment()).toContain('`web` can now reach `api.example.gov:443` through `proxy`');
      expect(comment()).toContain('- what is deployed: two states of the program are compared');
      expect(comment()).not.toContain('not planned');
    },
  );

  whenAvailable(
    'of a fork that changes nothing waits for an approval of that commit all the same',
    'tofu',
    async ({ repository }) => {
      const sha = repository.push({ 'infra/main.ts': MERGED, 'README.md': 'hello' });
      await review(sha, { from: 'stranger/infrastructure' });
      expect(comment()).toContain('### Egress: no change of reach');
      expect(status()).toMatchObject({ sha, state: 'failure' });
      github.label(approval(), 'reviewer');
      await review(sha, { from: 'stranger/infrastructure' });
      expect(status()).toMatchObject({ sha, state: 'success' });
      const next = repository.push({ 'infra/main.ts': MERGED, 'README.md': 'hello again' });
      await review(next, { from: 'stranger/infrastructure' });
      expect(status()).toMatchObject({ sha: next, state: 'failure' });
    },
  );

  whenAvailable(
    'into a branch other than the default one gets a status that says so, and a review once its base changes',
    'terraform',
    async ({ repository }) => {
      const sha = repository.push({ 'infra/main.ts': MERGED, 'README.md': 'another base' });
      await review(sha, { base: 'release' });
      expect(status()).toMatchObject({ sha, state: 'failure' });
      expect(status().description).toMatch(/^the review is for a merge into the default branch/);
      await review(sha);
      expect(status()).toMatchObject({ sha, state: 'success', description: 'no change of reach' });
    },
  );

  whenAvailable(
    'that would run something with the credentials is not planned, and the comment says why',
    'tofu',
    async ({ repository }) => {
      const seen = join(repository.folder, 'seen');
      const steal = `stack.addOverride('data.external.x', { program: ['sh', '-c', 'env > ${seen}; echo {}'] });`;
      const sha = repository.push({ 'infra/main.ts': program("allow: ['www.example.com:443']", steal) });
      const jobs = await review(sha);
      expect(results(jobs)).toEqual({ close: 'success', plan: 'success', comment: 'success', approve: 'skipped' });
      expect(comment()).toContain('not planned because `demo: data.external.x is new or has changed');
      expect(comment()).toContain('egress-approved-');
      expect(existsSync(seen)).toBe(false);
    },
  );

  whenAvailable(
    'that can’t be planned is compared without a plan, and the comment says so',
    'terraform',
    async ({ repository }) => {
      const sha = repository.push({ 'infra/main.ts': ANOTHER_HOST });
      const refused = { secrets: { 'egress-plan': { EGRESS_PLAN: 'CF_API_URL=http://127.0.0.1:1' } } };
      const jobs = await review(sha, { machine: refused });
      expect(results(jobs)).toEqual({ close: 'success', plan: 'failure', comment: 'success', approve: 'skipped' });
      expect(comment()).toContain('not planned because `planning failed`');
      expect(comment()).toContain('egress-approved-');
      expect(comment()).toContain('`web` can now reach `api.example.gov:443` through `proxy`');
    },
  );

  whenAvailable(
    'that needs a provider which the default branch has not locked learns which one, and what to do',
    'tofu',
    async ({ repository }) => {
      const random = `stack.addOverride('terraform.required_providers.random', { source: 'hashicorp/random' });`;
      const sha = repository.push({
        'infra/main.ts': program("allow: ['www.example.com:443']", random),
        'infra/.terraform.lock.hcl': 'provider "registry.terraform.io/hashicorp/random" {\n  version = "3.0.0"\n}\n',
      });
      const jobs = await review(sha);
      expect(results(jobs)).toEqual({ close: 'success', plan: 'success', comment: 'success', approve: 'skipped' });
      expect(comment()).toMatch(
        /not planned because `demo: provider hashicorp\/random is required, but \.terraform\.lock\.hcl has \S+\/cloudfoundry 1\./,
      );
      expect(comment()).toContain("merge it first, with its hashes by 'providers lock'`");
      expect(status()).toMatchObject({ sha, state: 'failure' });
    },
  );

  whenAvailable(
    'is planned by no engine but the one whose hash the workflow has',
    'terraform',
    async ({ repository }) => {
      const sha = repository.push({
        'infra/main.ts': ANOTHER_HOST,
        'infra/.terraform.lock.hcl': 'none of the default branch’s',
      });
      const jobs = await review(sha, { inputs: { 'engine-sha256': 'a'.repeat(64) } });
      expect(results(jobs)).toEqual({ close: 'success', plan: 'failure', comment: 'success', approve: 'skipped' });
      expect(jobs.plan?.log).toContain('engine.zip: FAILED');
      expect(comment()).toContain('not planned because `planning failed`');
    },
  );
});
