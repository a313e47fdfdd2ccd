import { approvalOf, gateOf, publish, type PullRequest, type Verdict } from '../../../review/commands/pull-request';
import { FakeGitHub } from '../support/github';

const WIDENS: Verdict = {
  widens: true,
  digest: '0123456789abcdefghijklmnopqrstuv',
  sentence: 'opens 1, closes 0: web can now reach a.example.gov:443',
};

const labelled = (verdict: Verdict, setBy?: string) => [{ name: approvalOf(verdict), setBy }];

describe('the gate', () => {
  it('is open where nothing widens', () => {
    const same = { ...WIDENS, widens: false, sentence: 'no change of reach' };
    expect(gateOf(same, [], 'author')).toEqual({ state: 'success', description: 'no change of reach' });
  });

  it('is opened by the label for exactly what opens, and by no other', () => {
    const others = ['egress-approved', 'egress-approved-000000000000'].map((name) => ({ name, setBy: 'reviewer' }));
    expect(gateOf(WIDENS, [], 'author').state).toBe('failure');
    expect(gateOf(WIDENS, others, 'author').state).toBe('failure');
    expect(gateOf(WIDENS, labelled(WIDENS, 'reviewer'), 'author').state).toBe('success');
    expect(gateOf({ ...WIDENS, digest: 'ba9876543210' }, labelled(WIDENS, 'reviewer'), 'author').state).toBe('failure');
  });

  it('is not opened by the author’s own label, nor by one that nobody knows who set', () => {
    expect(gateOf(WIDENS, labelled(WIDENS, 'author'), 'author')).toEqual({
      state: 'failure',
      description: expect.stringContaining(
        'needs label egress-approved-0123456789abcdefghijklmnopqrstuv from somebody else than the author',
      ) as string,
    });
    expect(gateOf(WIDENS, labelled(WIDENS), 'author').state).toBe('failure');
  });

  it('describes itself in what GitHub takes', () => {
    const long = { ...WIDENS, sentence: 'x'.repeat(500) };
    for (const labels of [[], labelled(long, 'author'), labelled(long, 'a-reviewer-with-a-name-of-39-characters')])
      expect(gateOf(long, labels, 'author').description.length).toBeLessThanOrEqual(140);
  });
});

describe('publishing', () => {
  let github: FakeGitHub;
  let pull: PullRequest;

  beforeEach(async () => {
    github = await FakeGitHub.start('org/repo');
    github.open({ number: 7, sha: 'abc', author: 'author' });
    pull = { apiUrl: github.url, token: 'token', repository: 'org/repo', number: 7, sha: 'abc' };
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

  it('sets the label itself once somebody has approved the review elsewhere', async () => {
    expect(await publish(pull, 'comment', WIDENS, true)).toMatchObject({ state: 'success' });
    expect(github.labels).toEqual([approvalOf(WIDENS)]);
  });

  it('does not speak for a pull request that is at another commit', async () => {
    await expect(publish({ ...pull, sha: 'def' }, 'comment', WIDENS, true)).rejects.toThrow('is at abc and not at def');
    expect(github.writes).toEqual([]);
  });

  it('fails with what GitHub says', async () => {
    await expect(publish({ ...pull, repository: 'org/forbidden' }, 'comment', WIDENS)).rejects.toThrow(
      'GitHub answers 404 to GET',
    );
  });
});
