export interface PullRequest {
  readonly apiUrl: string;
  readonly token: string;
  readonly repository: string;
  readonly number: number;
  /** The commit that was reviewed and gets the status. */
  readonly sha: string;
  /**
   * Where that commit was pushed, as `OWNER/REPOSITORY:BRANCH`: a review of a fork's commit applies only to the fork's
   * own pull request.
   */
  readonly head: string;
}

export interface Account {
  readonly login: string;
}

interface Branch {
  readonly sha: string;
  readonly ref: string;
  /** Missing if the fork has been deleted. */
  readonly repo: { readonly full_name: string; readonly default_branch: string; readonly owner: Account } | null;
}

export interface Opened {
  readonly head: Branch;
  readonly base: Branch;
  readonly user: Account;
  readonly commits: number;
}

const PAGE = 100;

/** All items, page by page. Some lists use cursors and others page numbers, so this follows GitHub's link header. */
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
    // Never send the token to another server.
    if (next !== undefined && new URL(next).origin !== new URL(pull.apiUrl).origin)
      throw new Error(`GitHub's next page is on another server: ${next}`);
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
    `GitHub answered ${response.status} to ${method} ${pathname}: ${(await response.text()).slice(0, 200)}`,
  );
}
