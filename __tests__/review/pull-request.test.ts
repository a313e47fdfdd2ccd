import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { approvalOf, gateOf, publish, type PullRequest, type Verdict } from '../../review/pull-request';

const WIDENS: Verdict = {
  widens: true,
  digest: '0123456789ab',
  sentence: 'opens 1, closes 0: web can now reach a.example.gov:443',
};

describe('the gate', () => {
  it('is open where nothing widens', () => {
    const same = { ...WIDENS, widens: false, sentence: 'no change of reach' };
    expect(gateOf(same, [])).toEqual({ state: 'success', description: 'no change of reach' });
  });

  it('is opened by the label for exactly what opens, and by no other', () => {
    expect(gateOf(WIDENS, []).state).toBe('failure');
    expect(gateOf(WIDENS, ['egress-approved', 'egress-approved-000000000000']).state).toBe('failure');
    expect(gateOf(WIDENS, [approvalOf(WIDENS)]).state).toBe('success');
    expect(gateOf({ ...WIDENS, digest: 'ba9876543210' }, [approvalOf(WIDENS)]).state).toBe('failure');
  });

  it('describes itself in what GitHub takes', () => {
    const long = { ...WIDENS, sentence: 'x'.repeat(500) };
    for (const labels of [[], [approvalOf(long)]])
      expect(gateOf(long, labels).description.length).toBeLessThanOrEqual(140);
  });
});

describe('publishing', () => {
  let server: Server;
  let calls: { method?: string; path: string; body: Record<string, unknown> }[];
  let comments: { id: number; body: string; user: { type: string } }[];
  let labels: { name: string }[];
  let pull: PullRequest;

  beforeEach(async () => {
    [calls, comments, labels] = [[], [], []];
    server = createServer((request, response) => {
      let text = '';
      request.on('data', (chunk: Buffer) => (text += chunk.toString()));
      request.on('end', () => {
        const [path = ''] = (request.url ?? '').split('?');
        const body = (text === '' ? {} : JSON.parse(text)) as Record<string, unknown>;
        if (request.method !== 'GET') calls.push({ method: request.method, path, body });
        if (request.method === 'POST' && path.endsWith('/comments')) {
          comments.push({ id: comments.length + 1, body: body.body as string, user: { type: 'Bot' } });
        }
        if (path.includes('forbidden')) response.statusCode = 403;
        if (path.endsWith('/pulls/7')) return response.end(JSON.stringify({ head: { sha: 'abc' } }));
        return response.end(
          JSON.stringify(path.endsWith('/labels') ? labels : path.endsWith('/comments') ? comments : {}),
        );
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    pull = { apiUrl: `http://127.0.0.1:${port}`, token: 'token', repository: 'org/repo', number: 7, sha: 'abc' };
  });

  afterEach(async () => {
    await new Promise((resolve) => server.close(resolve));
  });

  it('writes one comment and updates it in place, and leaves those of others alone', async () => {
    comments.push({ id: 99, body: '<!-- space-egress review -->\nmine!', user: { type: 'User' } });
    await publish(pull, 'first', WIDENS);
    await publish(pull, 'second', WIDENS);
    expect(calls.filter(({ path }) => path.includes('comments'))).toEqual([
      {
        method: 'POST',
        path: '/repos/org/repo/issues/7/comments',
        body: { body: '<!-- space-egress review -->\nfirst' },
      },
      {
        method: 'PATCH',
        path: '/repos/org/repo/issues/comments/2',
        body: { body: '<!-- space-egress review -->\nsecond' },
      },
    ]);
  });

  it('sets the status of the commit that was reviewed by its labels', async () => {
    await publish(pull, 'comment', WIDENS);
    labels.push({ name: approvalOf(WIDENS) });
    await publish(pull, 'comment', WIDENS);
    const statuses = calls.filter(({ path }) => path === '/repos/org/repo/statuses/abc');
    expect(statuses.map(({ body }) => [body.context, body.state])).toEqual([
      ['egress', 'failure'],
      ['egress', 'success'],
    ]);
  });

  it('does not speak for a pull request that is at another commit', async () => {
    await expect(publish({ ...pull, sha: 'def' }, 'comment', WIDENS)).rejects.toThrow('is at abc and not at def');
    expect(calls).toEqual([]);
  });

  it('fails with what GitHub says', async () => {
    await expect(publish({ ...pull, repository: 'org/forbidden' }, 'comment', WIDENS)).rejects.toThrow(
      'GitHub answers 403 to GET',
    );
  });
});
