export interface PullRequest {
  readonly apiUrl: string;
  readonly token: string;
  readonly repository: string;
  readonly number: number;
  /** The commit that was reviewed, which the status is for. */
  readonly sha: string;
  /** Where that commit was pushed to, as `OWNER/REPOSITORY:BRANCH`: what a fork says is of no pull request but its own. */
  readonly head: string;
}

export interface Account {
  readonly login: string;
}

interface Branch {
  readonly sha: string;
  readonly ref: string;
  /** Missing where the fork is gone. */
  readonly repo: { readonly full_name: string; readonly default_branch: string; readonly owner: Account } | null;
}

export interface Opened {
  readonly head: Branch;
  readonly base: Branch;
  readonly user: Account;
  readonly commits: number;
}

const PAGE = 100;

/** All that there is, page by page: some lists are told by a cursor and others by a number, so GitHub's link is followed. */
export async function pages<T>(
  pull: PullRequest,
  path: string,
  query: Readonly<Record<string, string>> = {},
): Promise<T[]> {
  const items: T[] = [];
  const first = `${pull.apiUrl}${path}?${new URLSearchParams({ ...query, per_page: String(PAGE) }).toString()}`;
  for (let next: string | undefined = first; next !== undefined;) {
    const response = await ask(pull, 'GET', next);
    items.push(...((await response.json()) as T[]));
    next = /<([^>]*)>;\s*rel="next"/.exec(response.headers.get('link') ?? '')?.[1];
    // The token goes nowhere else.
    if (next !== undefined && new URL(next).origin !== new URL(pull.apiUrl).origin)
      throw new Error(`GitHub refers to ${next}`);
  }
  return items;
}

export async function call(pull: PullRequest, method: string, path: string, body?: object): Promise<unknown> {
  const text = await (await ask(pull, method, `${pull.apiUrl}${path}`, body)).text();
  return text === '' ? {} : JSON.parse(text);
}

async function ask(pull: PullRequest, method: string, url: string, body?: object): Promise<Response> {
  const response = await fetch(url, {
    method,
    headers: {
      accept: 'application/vnd.github+json',
      authorization: `Bearer ${pull.token}`,
      'x-github-api-version': '2022-11-28',
    },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  if (response.ok) return response;
  const { pathname } = new URL(url);
  throw new Error(
    `GitHub answers ${response.status} to ${method} ${pathname}: ${(await response.text()).slice(0, 200)}`,
  );
}
