import { tmpdir } from 'node:os';
import {
  approvalOf,
  gateOf as gate,
  type Approval,
  type Hands,
  type Verdict,
  reviewPublishCommand,
  publish,
} from '../../../review/commands/publish';
import type { PullRequest } from '../../../review/commands/github';
import { runStep } from '../../support/workflow';
import { FakeGitHub } from '../support/github';

const WIDENS: Verdict = {
  widens: true,
  digest: '0123456789abcdefghijklmnopqrstuv',
  sentence: 'opens 1, closes 0: web can now reach a.example.gov:443',
};

const OWN = { logins: ['author'] };

const gateOf = (verdict: Verdict, approvals: readonly Approval[], hands: Hands) =>
  gate(verdict, approvals, hands, `label ${approvalOf(verdict)}`);

describe('the gate', () => {
  it('is open if nothing opens', () => {
    const same = { ...WIDENS, widens: false, sentence: 'no change of reach' };
    expect(gateOf(same, [], OWN)).toEqual({ state: 'success', description: 'no change of reach' });
  });

  it("isn't opened by the author’s own approval, or by one from an unknown person", () => {
    for (const approvals of [[{ by: 'author' }], [{}], [{ by: 'reviewer' }, { by: 'author' }]])
      expect(gateOf(WIDENS, approvals, OWN)).toEqual({
        state: 'failure',
        description: expect.stringContaining(
          'needs label egress-approved-0123456789abcdefghijklmnopqrstuv from someone who can write to the repository and was not involved in the change',
        ) as string,
      });
  });

  it("isn't opened by anyone who is involved in the pull request, however their name is written", () => {
    const hands = { logins: ['author', 'Colleague'] };
    for (const by of ['colleague', 'COLLEAGUE', 'Author'])
      expect(gateOf(WIDENS, [{ by }], hands).state).toBe('failure');
    expect(gateOf(WIDENS, [{ by: 'reviewer' }], hands).state).toBe('success');
  });

  it("isn't opened by anyone if GitHub doesn't name everyone who is involved", () => {
    const closed = gateOf(WIDENS, [{ by: 'reviewer' }], { logins: [], unknown: 'GitHub knows no account' });
    expect(closed).toMatchObject({ state: 'failure' });
    expect(closed.description).toMatch(/^no approval counts, because GitHub knows no account: /);
  });

  it('waits for an approval of a fork’s commit, even if nothing opens', () => {
    const same = { ...WIDENS, widens: false, commit: 'abc' };
    expect(gateOf(same, [], OWN).state).toBe('failure');
    expect(gateOf(same, [{ by: 'reviewer' }], OWN).state).toBe('success');
  });

  it('describes itself in one line, whatever names it contains', () => {
    const named = { ...WIDENS, sentence: 'anyone can now reach a at x\n::error::\u001b[31m' };
    expect(gateOf(named, [], OWN).description).not.toMatch(/\p{C}/u);
  });

  it('describes itself within GitHub’s limit', () => {
    const long = { ...WIDENS, sentence: 'x'.repeat(500) };
    for (const approvals of [[], [{ by: 'author' }], [{ by: 'a-reviewer-with-a-name-of-39-characters' }]])
      expect(gateOf(long, approvals, OWN).description.length).toBeLessThanOrEqual(140);
  });

  it.each(['', ' '])('ends with a whole character: %j', (start) => {
    const named = { ...WIDENS, sentence: `${start}${'\u{1f600}'.repeat(100)}` };
    expect(gateOf(named, [], OWN).description).not.toMatch(/\p{Surrogate}/u);
  });
});

describe('publishing', () => {
  let github: FakeGitHub;
  let pull: PullRequest;

  beforeEach(async () => {
    github = await FakeGitHub.start('org/repo');
    github.open({ number: 7, sha: 'abc', author: 'author' });
    pull = {
      apiUrl: github.url,
      token: 'token',
      repository: 'org/repo',
      number: 7,
      sha: 'abc',
      head: 'org/repo:change',
    };
  });

  afterEach(async () => {
    await github.stop();
  });

  it('writes one comment and updates it in place, and leaves those of others alone', async () => {
    github.comment('<!-- space-egress review -->\nmine!', 'User');
    await publish(pull, 'first', WIDENS);
    await publish(pull, 'second', WIDENS);
    expect(github.comments.map(({ body }) => body)).toEqual([
      '<!-- space-egress review -->\nmine!',
      '<!-- space-egress review -->\nsecond',
    ]);
    expect(github.writes.filter((write) => write.includes('comments'))).toEqual([
      'POST /repos/org/repo/issues/7/comments',
      'PATCH /repos/org/repo/issues/comments/2',
    ]);
  });

  it('accepts only the label for exactly what opens', async () => {
    for (const other of ['egress-approved', `egress-approved-${'0'.repeat(32)}`]) github.label(other, 'reviewer');
    expect((await publish(pull, 'comment', WIDENS)).description).toMatch(/^needs label egress-approved-0123456789/);
    github.label(approvalOf(WIDENS), 'reviewer');
    expect(await publish(pull, 'comment', WIDENS)).toMatchObject({ state: 'success' });
    const wider = { ...WIDENS, digest: 'ba9876543210ba9876543210ba987654' };
    expect(await publish(pull, 'comment', wider)).toMatchObject({ state: 'failure' });
  });

  it('accepts no label from a program, or from a person without write access, such as a triager', async () => {
    github.permissions = { triager: 'read', stranger: 'none' };
    for (const by of ['github-actions[bot]', 'triager', 'stranger']) {
      github.label(approvalOf(WIDENS), by);
      expect([by, (await publish(pull, 'comment', WIDENS)).state]).toEqual([by, 'failure']);
    }
  });

  it('finds its comment and its label behind a hundred others', async () => {
    for (let other = 0; other < 150; other += 1) {
      github.comment(`comment ${other}`, 'Bot');
      github.label(`label-${other}`, 'author');
    }
    await publish(pull, 'first', WIDENS);
    github.label(approvalOf(WIDENS), 'reviewer');
    expect(await publish(pull, 'second', WIDENS)).toMatchObject({ state: 'success' });
    expect(github.comments.filter(({ body }) => body.startsWith('<!--'))).toHaveLength(1);
  });

  it('sets the status of the commit that was reviewed by its labels', async () => {
    await publish(pull, 'comment', WIDENS);
    github.label(approvalOf(WIDENS), 'author');
    await publish(pull, 'comment', WIDENS);
    github.label(approvalOf(WIDENS), 'reviewer');
    await publish(pull, 'comment', WIDENS);
    expect(github.statuses.map(({ sha, context, state }) => [sha, context, state])).toEqual([
      ['abc', 'egress', 'failure'],
      ['abc', 'egress', 'failure'],
      ['abc', 'egress', 'success'],
    ]);
  });

  it('accepts no approval from anyone who authored, committed or pushed one of its commits', async () => {
    github.open({
      number: 7,
      sha: 'abc',
      author: 'author',
      commits: ['author', 'pair'],
      pushers: ['author', 'Pusher'],
    });
    for (const [login, state] of [
      ['pair', 'failure'],
      ['pusher', 'failure'],
      ['reviewer', 'success'],
    ] as const) {
      github.label(approvalOf(WIDENS), login);
      expect([login, (await publish(pull, 'comment', WIDENS)).state]).toEqual([login, state]);
    }
  });

  it("accepts none if GitHub doesn't know a commit's author, or doesn't list all commits", async () => {
    for (const commits of [['author', undefined], Array.from({ length: 251 }, () => 'author')]) {
      github.open({ number: 7, sha: 'abc', author: 'author', commits });
      github.label(approvalOf(WIDENS), 'reviewer');
      expect((await publish(pull, 'comment', WIDENS)).description).toMatch(/^no approval counts, because GitHub /);
    }
  });

  it('accepts none if a program was involved that somebody here may control', async () => {
    const bot = 'github-actions[bot]';
    github.label(approvalOf(WIDENS), 'reviewer');
    for (const hands of [{ author: bot }, { commits: [bot] }, { pushers: [bot] }]) {
      github.open({ number: 7, sha: 'abc', author: 'author', ...hands });
      expect((await publish(pull, 'comment', WIDENS)).description).toMatch(
        /^no approval counts, because github-actions\[bot\] is involved and GitHub does not say who controls it: /,
      );
    }
    github.open({ number: 7, sha: 'abc', author: 'dependabot[bot]' });
    expect(await publish(pull, 'comment', WIDENS)).toMatchObject({ state: 'success' });
  });

  it('finds who is involved after a hundred others', async () => {
    const commits = [...Array.from({ length: 120 }, () => 'author'), 'pair'];
    github.open({ number: 7, sha: 'abc', author: 'author', commits });
    github.label(approvalOf(WIDENS), 'pair');
    expect(await publish(pull, 'comment', WIDENS)).toMatchObject({ state: 'failure' });
  });

  it('refuses a merge into a branch other than the default one, whoever approves', async () => {
    github.open({ number: 7, sha: 'abc', author: 'author', base: 'release' });
    github.label(approvalOf(WIDENS), 'reviewer');
    const gate = await publish(pull, 'comment', WIDENS);
    expect(gate).toEqual({
      state: 'failure',
      description: 'the review is for a merge into the default branch: make it the base of the pull request',
    });
  });

  it('recognizes a fork: without a review of exactly this commit it is refused, with one it waits', async () => {
    github.open({ number: 7, sha: 'abc', author: 'author', from: 'stranger/repo' });
    pull = { ...pull, head: 'stranger/repo:change' };
    const same = { ...WIDENS, widens: false, sentence: 'no change of reach' };
    expect(await publish(pull, 'comment', same)).toMatchObject({ state: 'failure' });
    expect(await publish(pull, 'comment', { ...same, commit: 'another' })).toMatchObject({ state: 'failure' });
    const bound = { ...same, commit: 'abc' };
    expect((await publish(pull, 'comment', bound)).description).toMatch(/^needs label egress-approved-/);
    github.label(approvalOf(bound), 'stranger');
    expect(await publish(pull, 'comment', bound)).toMatchObject({ state: 'failure' });
    github.label(approvalOf(bound), 'reviewer');
    expect(await publish(pull, 'comment', bound)).toMatchObject({ state: 'success' });
  });

  it('accepts the approval of an environment’s reviewers from GitHub, for the run that they approved', async () => {
    const environment = { name: 'egress-approval', run: 42 };
    github.reviews = {
      41: [{ environment: 'egress-approval', by: 'reviewer' }],
      42: [{ environment: 'another', by: 'reviewer' }],
    };
    github.label(approvalOf(WIDENS), 'reviewer');
    for (const run of [undefined, 42])
      expect((await publish(pull, 'comment', WIDENS, { ...environment, run })).description).toMatch(
        /^needs an approval in environment egress-approval: opens 1/,
      );
    github.reviews = { 42: [{ environment: 'egress-approval', by: 'reviewer' }] };
    expect(await publish(pull, 'comment', WIDENS, environment)).toEqual({
      state: 'success',
      description: 'approved by reviewer: opens 1, closes 0: web can now reach a.example.gov:443',
      by: ['reviewer'],
    });
    expect(github.writes.filter((write) => write.includes('labels'))).toEqual([]);
  });

  it('accepts no approval from a reviewer who authored, committed or pushed, nor a rejected one', async () => {
    github.open({ number: 7, sha: 'abc', author: 'author', commits: ['author', 'pair'], pushers: ['Pusher'] });
    const environment = { name: 'egress-approval', run: 42 };
    const said = async (...reviews: { by: string; state?: 'rejected' }[]) => {
      github.reviews = { 42: reviews.map((review) => ({ environment: environment.name, ...review })) };
      return (await publish(pull, 'comment', WIDENS, environment)).state;
    };
    for (const by of ['author', 'pair', 'pusher']) expect([by, await said({ by })]).toEqual([by, 'failure']);
    expect(await said({ by: 'reviewer', state: 'rejected' })).toBe('failure');
    // Another attempt of the same run, which only the author approved.
    expect(await said({ by: 'reviewer' }, { by: 'author' })).toBe('failure');
    expect(await said({ by: 'reviewer' })).toBe('success');
  });

  it.each(['7; echo', '07', '1e3', '', '-1'])("doesn't read %j as the number of a pull request", async (number) => {
    const command = reviewPublishCommand()
      .exitOverride()
      .configureOutput({ writeErr: () => undefined });
    const options = ['--comment', 'c', '--review', 'r', '--sha', 'abc', '--head', 'org/repo:change'];
    await expect(command.parseAsync([...options, `--pull-request=${number}`], { from: 'user' })).rejects.toThrow(
      /argument '.*' is invalid/,
    );
  });

  it('reports nothing for a pull request that is at another commit', async () => {
    await expect(publish({ ...pull, sha: 'def' }, 'comment', WIDENS)).rejects.toThrow('is at abc and not at def');
    expect(github.writes).toEqual([]);
  });

  it('reports nothing for a pull request from elsewhere that is at the same commit', async () => {
    for (const head of ['stranger/repo:change', 'org/repo:other'])
      await expect(publish({ ...pull, head }, 'comment', WIDENS)).rejects.toThrow(
        `pull request 7 is from org/repo:change, but the review is of ${head}`,
      );
    expect(github.writes).toEqual([]);
  });

  it('begins with a closed gate, whatever an earlier review of the same commit said', async () => {
    await publish(pull, 'comment', { ...WIDENS, widens: false });
    const step = { workflow: 'plan-review-comment.yml', job: 'close', name: 'Close the gate' };
    const contexts = { github: { token: 'token', event: { workflow_run: { head_sha: 'abc' } } } };
    const env = { PATH: process.env.PATH, GITHUB_API_URL: github.url, GITHUB_REPOSITORY: 'org/repo' };
    expect(await runStep(step, contexts, { cwd: tmpdir(), env })).toEqual({ code: 0, printed: '' });
    expect(github.statuses.map(({ sha, context, state }) => [sha, context, state])).toEqual([
      ['abc', 'egress', 'success'],
      ['abc', 'egress', 'pending'],
    ]);
  });

  it('accepts no withdrawn approval, even if another label has its name now', async () => {
    github.label(approvalOf(WIDENS), 'reviewer');
    github.unlabel(approvalOf(WIDENS), 'reviewer');
    github.labels = [approvalOf(WIDENS)];
    expect(await publish(pull, 'comment', WIDENS)).toMatchObject({ state: 'failure' });
  });

  it("fails with GitHub's message", async () => {
    await expect(publish({ ...pull, repository: 'org/forbidden' }, 'comment', WIDENS)).rejects.toThrow(
      'GitHub answered 404 to GET',
    );
  });
});
