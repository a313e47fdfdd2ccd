import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

interface PullRequest {
  readonly number: number;
  readonly sha: string;
  readonly author: string;
}

interface Comment {
  readonly id: number;
  body: string;
  readonly user: { readonly type: 'Bot' | 'User' };
}

interface Status {
  readonly sha: string;
  readonly context: string;
  readonly state: string;
  readonly description: string;
}

/** Whose token the calls are made with. */
const BOT = 'github-actions[bot]';

type Handler = (match: readonly string[], body: Readonly<Record<string, unknown>>, query: URLSearchParams) => unknown;

/** As much of GitHub's API as the review calls, for one repository with one pull request. */
export class FakeGitHub {
  static async start(repository: string): Promise<FakeGitHub> {
    const github = new FakeGitHub(repository);
    await new Promise<void>((resolve) => github.server.listen(0, '127.0.0.1', resolve));
    return github;
  }

  readonly comments: Comment[] = [];
  readonly statuses: Status[] = [];
  /** Calls that change something, as `POST /path`. */
  readonly writes: string[] = [];
  labels: readonly string[] = [];

  private readonly events: { event: 'labeled' | 'unlabeled'; label: { name: string }; actor: { login: string } }[] = [];
  private readonly server: Server;
  private pull: PullRequest = { number: 0, sha: '', author: '' };

  private constructor(private readonly repository: string) {
    this.server = createServer((request, response) => void this.answer(request, response));
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  /** Opens the pull request, or moves it to another commit. */
  open(pull: PullRequest): void {
    this.pull = pull;
  }

  comment(body: string, type: 'Bot' | 'User'): Comment {
    const comment = { id: this.comments.length + 1, body, user: { type } };
    this.comments.push(comment);
    return comment;
  }

  label(name: string, by: string): void {
    this.labels = [...this.labels.filter((one) => one !== name), name];
    this.events.push({ event: 'labeled', label: { name }, actor: { login: by } });
  }

  private readonly calls: readonly (readonly [method: string, path: string, handler: Handler])[] = [
    ['GET', 'pulls/(\\d+)', () => ({ head: { sha: this.pull.sha }, user: { login: this.pull.author } })],
    ['GET', 'issues/(\\d+)/comments', (_, __, query) => page(this.comments, query)],
    ['GET', 'issues/(\\d+)/events', (_, __, query) => page(this.events, query)],
    [
      'GET',
      'issues/(\\d+)/labels',
      (_, __, query) =>
        page(
          this.labels.map((name) => ({ name })),
          query,
        ),
    ],
    ['POST', 'issues/(\\d+)/comments', (_, { body }) => this.comment(String(body), 'Bot')],
    [
      'PATCH',
      'issues/comments/(\\d+)',
      ([id], { body }) => {
        const comment = this.comments.find((one) => String(one.id) === id);
        if (comment !== undefined) comment.body = String(body);
        return comment;
      },
    ],
    [
      'POST',
      'issues/(\\d+)/labels',
      (_, { labels }) => {
        for (const name of labels as string[]) this.label(name, BOT);
        return [];
      },
    ],
    [
      'POST',
      'statuses/(\\w+)',
      ([sha = ''], body) => {
        this.statuses.push({ ...(body as Omit<Status, 'sha'>), sha });
        return {};
      },
    ],
  ];

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://localhost');
    let text = '';
    for await (const chunk of request) text += String(chunk);
    const found = this.calls
      .filter(([method]) => method === request.method)
      .map(([, path, handler]) => ({
        handler,
        match: new RegExp(`^/repos/${this.repository}/${path}$`).exec(pathname),
      }))
      .find(({ match }) => match !== null);
    const body = JSON.parse(text === '' ? '{}' : text) as Record<string, unknown>;
    const answer = found?.handler(found.match?.slice(1) ?? [], body, searchParams);
    if (request.method !== 'GET' && answer !== undefined) this.writes.push(`${request.method ?? ''} ${pathname}`);
    response.writeHead(answer === undefined ? 404 : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(answer ?? { message: 'Not Found' }));
  }
}

function page<T>(all: readonly T[], query: URLSearchParams): T[] {
  const [size, number] = [Number(query.get('per_page') ?? 30), Number(query.get('page') ?? 1)];
  return all.slice((number - 1) * size, number * size);
}
