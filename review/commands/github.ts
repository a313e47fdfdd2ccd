import type { Approval, Hands } from './publish';
import { MOST_COMMITS } from '../limits';

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

interface Account {
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

/** The environment whose reviewers approve, instead of labels. */
export interface Environment {
  readonly name: string;
  /** The workflow run that its reviewers have allowed to continue, once they have. */
  readonly run?: number;
}

interface Commit {
  readonly sha: string;
  readonly author: Account | null;
  readonly committer: Account | null;
}

/**
 * Programs that nobody here controls. Anyone who can make another program change the code could approve that change.
 */
const UNSTEERED: ReadonlySet<string> = new Set(['dependabot[bot]', 'renovate[bot]']);

/** Authors and committers of the commits and who pushed them, as far as GitHub tells; it doesn't for forks. */
export async function handsIn(pull: PullRequest, { head, user, commits: count }: Opened): Promise<Hands> {
  if (count > MOST_COMMITS)
    return { logins: [], unknown: `GitHub lists only ${MOST_COMMITS} commits and it has ${count}` };
  const commits = await pages<Commit>(pull, `/repos/${pull.repository}/pulls/${pull.number}/commits`);
  const strange = commits.find(({ author, committer }) => !author?.login || !committer?.login);
  if (strange !== undefined) {
    return {
      logins: [],
      unknown: `GitHub knows no account for the author or committer of commit ${strange.sha.slice(0, 12)}`,
    };
  }
  const people = commits.flatMap(({ author, committer }) => [author, committer]);
  const pushers =
    head.repo?.full_name === pull.repository
      ? (await pages<Push>(pull, `/repos/${pull.repository}/activity`, { ref: `refs/heads/${head.ref}` })).map(
          ({ actor }) => actor,
        )
      : [head.repo?.owner ?? null];
  if (pushers.includes(null)) return { logins: [], unknown: 'GitHub does not say who pushed it' };
  const logins = [user, ...people, ...pushers].flatMap((account) => account?.login ?? []);
  const program = logins.find((login) => login.endsWith('[bot]') && !UNSTEERED.has(login));
  return program === undefined
    ? { logins }
    : { logins, unknown: `${program} is involved and GitHub does not say who controls it` };
}

interface Push {
  readonly actor: Account | null;
}

interface Event {
  readonly event: string;
  readonly label?: { readonly name: string };
  readonly actor?: (Account & { readonly type: string }) | null;
}

/**
 * The label and who set it last. It counts only from a person with write access: others could have a program set it, or
 * have the triage role.
 */
export async function labelled(pull: PullRequest, issue: string, label: string): Promise<Approval[]> {
  const labels = await pages<{ name: string }>(pull, `${issue}/labels`);
  const found = labels.find(({ name }) => name.toLowerCase() === label);
  if (found === undefined) return [];
  const events = await pages<Event>(pull, `${issue}/events`);
  // If the label exists although it was removed last, it has been renamed.
  const last = events.findLast((event) => event.label?.name === found.name);
  const by = last?.event === 'labeled' && last.actor?.type === 'User' ? last.actor.login : undefined;
  return [by !== undefined && (await mayWrite(pull, by)) ? { by } : {}];
}

/** @see https://docs.github.com/en/rest/collaborators/collaborators#get-repository-permissions-for-a-user */
async function mayWrite(pull: PullRequest, login: string): Promise<boolean> {
  const path = `/repos/${pull.repository}/collaborators/${encodeURIComponent(login)}/permission`;
  const { permission } = (await call(pull, 'GET', path)) as { permission: string };
  return permission === 'admin' || permission === 'write';
}

interface Review {
  readonly state: string;
  readonly user: Account | null;
  readonly environments: readonly { readonly name: string }[];
}

/**
 * What the reviewers of an environment decided about a run. A rerun keeps earlier decisions, so all of them count.
 *
 * @see https://docs.github.com/en/rest/actions/workflow-runs#get-the-review-history-for-a-workflow-run
 */
export async function reviewed(pull: PullRequest, { name, run }: Environment): Promise<Approval[]> {
  if (run === undefined) return [];
  const reviews = (await call(pull, 'GET', `/repos/${pull.repository}/actions/runs/${run}/approvals`)) as Review[];
  return reviews
    .filter(({ state, environments }) => state === 'approved' && environments.some((one) => one.name === name))
    .map(({ user }) => ({ by: user?.login }));
}
