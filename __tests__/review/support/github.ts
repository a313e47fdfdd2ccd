import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

interface PullRequest {
  readonly number: number;
  readonly sha: string;
  readonly author: string;
  /** Authors and committers of the commits; undefined for someone whom GitHub doesn't know. @default - the author */
  readonly commits?: readonly (string | undefined)[];
  /** Who pushed the branch. @default - the author */
  readonly pushers?: readonly string[];
  /** The repository of the head. @default - the same */
  readonly from?: string;
  /** The branch into which it would be merged. @default main */
  readonly base?: string;
}

/** A review of a run by a reviewer of an environment. */
interface Review {
  readonly environment: string;
  readonly by: string;
  /** @default approved */
  readonly state?: 'approved' | 'rejected';
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

type Handler = (match: readonly string[], body: Readonly<Record<string, unknown>>, query: URLSearchParams) => unknown;

/** The part of GitHub's API that the review calls, for one repository with one pull request. */
export class FakeGitHub {
  static async start(repository: string): Promise<FakeGitHub> {
    const github = new FakeGitHub(repository);
    await new Promise<void>((resolve) => github.server.listen(0, '127.0.0.1', resolve));
    return github;
  }

  readonly comments: Comment[] = [];
  readonly statuses: Status[] = [];
  /** The calls that changed something, as `POST /path`. */
  readonly writes: string[] = [];
  labels: readonly string[] = [];
  /** Reviews by run number. */
  reviews: Readonly<Record<string, readonly Review[]>> = {};
  /** The permissions of people without write access. */
  permissions: Readonly<Record<string, 'read' | 'none'>> = {};

  private readonly events: {
    event: 'labeled' | 'unlabeled';
    label: { name: string };
    actor: { login: string; type: 'Bot' | 'User' };
  }[] = [];
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
    this.events.push({ event: 'labeled', label: { name }, actor: actor(by) });
  }

  unlabel(name: string, by: string): void {
    this.labels = this.labels.filter((one) => one !== name);
    this.events.push({ event: 'unlabeled', label: { name }, actor: actor(by) });
  }

  private readonly calls: readonly (readonly [method: string, path: string, handler: Handler])[] = [
    ['GET', 'pulls/(\\d+)', () => this.opened()],
    ['GET', 'pulls/(\\d+)/commits', (_, __, query) => page(this.commits(), query)],
    [
      'GET',
      'activity',
      (_, __, query) =>
        query.get('ref') === 'refs/heads/change'
          ? page(
              (this.pull.pushers ?? [this.pull.author]).map((login) => ({ actor: { login } })),
              query,
            )
          : [],
    ],
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
      'GET',
      'collaborators/([^/]+)/permission',
      ([login = '']) => ({ permission: this.permissions[decodeURIComponent(login)] ?? 'write' }),
    ],
    [
      'GET',
      'actions/runs/(\\d+)/approvals',
      ([run = '']) =>
        this.reviews[run]?.map(({ environment, by, state = 'approved' }) => ({
          state,
          comment: '',
          user: actor(by),
          environments: [{ id: 1, name: environment }],
        })),
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

  private commits(): object[] {
    const { commits = [this.pull.author] } = this.pull;
    return commits.map((login, index) => {
      const account = login === undefined ? null : { login };
      return { sha: `${index}`.padStart(40, 'c'), author: account, committer: account };
    });
  }

  private opened(): object {
    const { sha, author, from = this.repository, base = 'main' } = this.pull;
    const repo = (name: string) => ({ full_name: name, default_branch: 'main', owner: { login: name.split('/')[0] } });
    return {
      head: { sha, ref: 'change', repo: repo(from) },
      base: { sha, ref: base, repo: repo(this.repository) },
      user: { login: author },
      commits: this.commits().length,
    };
  }

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
    const more = answer instanceof Page && answer.next !== undefined;
    searchParams.set('page', String(answer instanceof Page ? answer.next : 1));
    response.writeHead(answer === undefined ? 404 : 200, {
      'content-type': 'application/json',
      ...(more && { link: `<${this.url}${pathname}?${searchParams.toString()}>; rel="next"` }),
    });
    response.end(JSON.stringify((answer instanceof Page ? answer.items : answer) ?? { message: 'Not Found' }));
  }
}

function actor(login: string): { login: string; type: 'Bot' | 'User' } {
  return { login, type: login.endsWith('[bot]') ? 'Bot' : 'User' };
}

class Page {
  constructor(
    readonly items: readonly unknown[],
    readonly next?: number,
  ) {}
}

function page(all: readonly unknown[], query: URLSearchParams): Page {
  const [size, number] = [Number(query.get('per_page') ?? 30), Number(query.get('page') ?? 1)];
  return new Page(all.slice((number - 1) * size, number * size), all.length > number * size ? number + 1 : undefined);
}
