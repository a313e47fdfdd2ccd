import { approvalOf, gateOf, publish, type PullRequest, type Verdict } from '../../../review/commands/pull-request';
import { FakeGitHub } from '../support/github';

const WIDENS: Verdict = {
  widens: true,
  digest: '0123456789abcdefghijklmnopqrstuv',
  sentence: 'opens 1, closes 0: web can now reach a.example.gov:443',
};

const OWN = { logins: ['author'] };

const labelled = (verdict: Verdict, setBy?: string) => [{ name: approvalOf(verdict), setBy }];

describe('the gate', () => {
  it('is open where nothing widens', () => {
    const same = { ...WIDENS, widens: false, sentence: 'no change of reach' };
    expect(gateOf(same, [], OWN)).toEqual({ state: 'success', description: 'no change of reach' });
  });

  it('is opened by the label for exactly what opens, and by no other', () => {
    const others = ['egress-approved', 'egress-approved-000000000000'].map((name) => ({ name, setBy: 'reviewer' }));
    expect(gateOf(WIDENS, [], OWN).state).toBe('failure');
    expect(gateOf(WIDENS, others, OWN).state).toBe('failure');
    expect(gateOf(WIDENS, labelled(WIDENS, 'reviewer'), OWN).state).toBe('success');
    expect(gateOf({ ...WIDENS, digest: 'ba9876543210' }, labelled(WIDENS, 'reviewer'), OWN).state).toBe('failure');
  });

  it('is not opened by the author’s own label, nor by one that nobody knows who set', () => {
    expect(gateOf(WIDENS, labelled(WIDENS, 'author'), OWN)).toEqual({
      state: 'failure',
      description: expect.stringContaining(
        'needs label egress-approved-0123456789abcdefghijklmnopqrstuv from somebody who has no hand in it',
      ) as string,
    });
    expect(gateOf(WIDENS, labelled(WIDENS), OWN).state).toBe('failure');
  });

  it('is not opened by anybody who has a hand in the pull request, however their name is written', () => {
    const hands = { logins: ['author', 'Colleague'] };
    for (const login of ['colleague', 'COLLEAGUE', 'Author'])
      expect(gateOf(WIDENS, labelled(WIDENS, login), hands).state).toBe('failure');
    expect(gateOf(WIDENS, labelled(WIDENS, 'reviewer'), hands).state).toBe('success');
  });

  it('is opened by nobody where there are hands of whom GitHub does not tell', () => {
    const gate = gateOf(WIDENS, labelled(WIDENS, 'reviewer'), { logins: [], unknown: 'GitHub knows no account' });
    expect(gate).toMatchObject({ state: 'failure' });
    expect(gate.description).toMatch(/^no approval counts, since GitHub knows no account: /);
  });

  it('waits for an approval of a fork’s commit, whatever opens', () => {
    const same = { ...WIDENS, widens: false, commit: 'abc' };
    expect(gateOf(same, [], OWN).state).toBe('failure');
    expect(gateOf(same, labelled(same, 'reviewer'), OWN).state).toBe('success');
  });

  it('describes itself in one line, whatever names are in it', () => {
    const named = { ...WIDENS, sentence: 'anyone can now reach a at x\n::error::\u001b[31m' };
    expect(gateOf(named, [], OWN).description).not.toMatch(/\p{C}/u);
  });

  it('describes itself in what GitHub takes', () => {
    const long = { ...WIDENS, sentence: 'x'.repeat(500) };
    for (const labels of [[], labelled(long, 'author'), labelled(long, 'a-reviewer-with-a-name-of-39-characters')])
      expect(gateOf(long, labels, OWN).description.length).toBeLessThanOrEqual(140);
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

  it('takes no approval from who authored, committed or pushed a commit of it', async () => {
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

  it('takes none where a commit is of somebody whom GitHub does not know, or where there are more than it tells', async () => {
    for (const commits of [['author', undefined], Array.from({ length: 251 }, () => 'author')]) {
      github.open({ number: 7, sha: 'abc', author: 'author', commits });
      github.label(approvalOf(WIDENS), 'reviewer');
      expect((await publish(pull, 'comment', WIDENS)).description).toMatch(/^no approval counts, since GitHub /);
    }
  });

  it('finds who has a hand in it behind a hundred others', async () => {
    const commits = [...Array.from({ length: 120 }, () => 'author'), 'pair'];
    github.open({ number: 7, sha: 'abc', author: 'author', commits });
    github.label(approvalOf(WIDENS), 'pair');
    expect(await publish(pull, 'comment', WIDENS)).toMatchObject({ state: 'failure' });
  });

  it('refuses a merge into another branch than the default one, whoever approves', async () => {
    github.open({ number: 7, sha: 'abc', author: 'author', base: 'release' });
    github.label(approvalOf(WIDENS), 'reviewer');
    const gate = await publish(pull, 'comment', WIDENS, true);
    expect(gate).toEqual({
      state: 'failure',
      description: 'the review is of a merge into the default branch: change the base of the pull request to it',
    });
  });

  it('takes a fork for one: without a review of this commit alone it is refused, with one it waits', async () => {
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

  it('sets the label itself once somebody has approved the review elsewhere', async () => {
    expect(await publish(pull, 'comment', WIDENS, true)).toMatchObject({ state: 'success' });
    expect(github.labels).toEqual([approvalOf(WIDENS)]);
  });

  it('does not speak for a pull request that is at another commit', async () => {
    await expect(publish({ ...pull, sha: 'def' }, 'comment', WIDENS, true)).rejects.toThrow('is at abc and not at def');
    expect(github.writes).toEqual([]);
  });

  it('does not speak for a pull request from elsewhere that is at the same commit', async () => {
    for (const head of ['stranger/repo:change', 'org/repo:other'])
      await expect(publish({ ...pull, head }, 'comment', WIDENS, true)).rejects.toThrow(
        `pull request 7 is of org/repo:change, and the review of ${head}`,
      );
    expect(github.writes).toEqual([]);
  });

  it('takes no approval that was taken back, if another label has its name now', async () => {
    github.label(approvalOf(WIDENS), 'reviewer');
    github.unlabel(approvalOf(WIDENS), 'reviewer');
    github.labels = [approvalOf(WIDENS)];
    expect(await publish(pull, 'comment', WIDENS)).toMatchObject({ state: 'failure' });
  });

  it('fails with what GitHub says', async () => {
    await expect(publish({ ...pull, repository: 'org/forbidden' }, 'comment', WIDENS)).rejects.toThrow(
      'GitHub answers 404 to GET',
    );
  });
});
