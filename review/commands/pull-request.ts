import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { readJson } from '../readers/input';
import { line } from '../report/escape';
import { needsApproval } from '../report/report';

/** What a review's JSON says that the gate goes by. */
export interface Verdict {
  readonly widens: boolean;
  readonly commit?: string;
  readonly digest: string;
  readonly sentence: string;
}

export interface Gate {
  readonly state: 'success' | 'failure';
  readonly description: string;
}

/** Finds our own comment again; no program of a pull request writes it, since names in it are escaped. */
const MARKER = '<!-- space-egress review -->';
const CONTEXT = 'egress';
/** GitHub refuses a longer description of a status. */
const LONGEST_DESCRIPTION = 140;

/** The label that approves exactly what opens now: whatever a later commit opens besides has another digest. */
export function approvalOf({ digest }: Pick<Verdict, 'digest'>): string {
  return `egress-approved-${digest}`;
}

/** A label on the pull request, and who set it last. */
export interface Label {
  readonly name: string;
  /** Unset where GitHub does not tell any more. */
  readonly setBy?: string;
}

/** Who has a hand in a pull request, and whose approval of it so does not count. */
export interface Hands {
  /** As GitHub writes them, which takes no account of case. */
  readonly logins: readonly string[];
  /** Why there may be others of whom GitHub does not tell, so that nobody can be told apart from them. */
  readonly unknown?: string;
}

/** Whether the pull request may be merged, as far as egress goes. Nobody approves what they have made themselves. */
export function gateOf(verdict: Verdict, labels: readonly Label[], hands: Hands): Gate {
  const approval = approvalOf(verdict);
  const gate = (state: Gate['state'], ...clauses: string[]): Gate => ({
    state,
    description: line([...clauses, verdict.sentence].join(': ')).slice(0, LONGEST_DESCRIPTION),
  });
  if (!needsApproval(verdict)) return gate('success');
  const label = labels.find(({ name }) => name.toLowerCase() === approval);
  if (label === undefined) return gate('failure', `needs label ${approval}`);
  if (hands.unknown !== undefined) return gate('failure', `no approval counts, since ${hands.unknown}`);
  const own = new Set(hands.logins.map((login) => login.toLowerCase()));
  return label.setBy === undefined || own.has(label.setBy.toLowerCase())
    ? gate('failure', `needs label ${approval} from somebody who has no hand in it`)
    : gate('success', `approved by ${label.setBy} (${approval})`);
}

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

interface Account {
  readonly login: string;
}

interface Branch {
  readonly sha: string;
  readonly ref: string;
  /** Missing where the fork is gone. */
  readonly repo: { readonly full_name: string; readonly default_branch: string; readonly owner: Account } | null;
}

interface Opened {
  readonly head: Branch;
  readonly base: Branch;
  readonly user: Account;
  readonly commits: number;
}

/**
 * Writes one comment, or updates it in place, and sets the status that branch protection asks for.
 *
 * @param approve sets the label first: somebody has approved this very review elsewhere
 */
export async function publish(pull: PullRequest, comment: string, verdict: Verdict, approve = false): Promise<Gate> {
  const issue = `/repos/${pull.repository}/issues/${pull.number}`;
  // The number may come from the pull request's own code: it must not speak for another one, or borrow its approval.
  const opened = (await call(pull, 'GET', `/repos/${pull.repository}/pulls/${pull.number}`)) as Opened;
  if (opened.head.sha !== pull.sha) {
    throw new Error(
      `pull request ${pull.number} is at ${opened.head.sha} and not at ${pull.sha}: a newer review will follow, if any`,
    );
  }
  const head = `${opened.head.repo?.full_name ?? ''}:${opened.head.ref}`;
  if (head !== pull.head) throw new Error(`pull request ${pull.number} is of ${head}, and the review of ${pull.head}`);
  const body = `${MARKER}\n${comment}`;
  const own = (await pages<{ id: number; body: string; user: { type: string } }>(pull, `${issue}/comments`)).find(
    (each) => each.user.type === 'Bot' && each.body.startsWith(MARKER),
  );
  await (own === undefined
    ? call(pull, 'POST', `${issue}/comments`, { body })
    : call(pull, 'PATCH', `/repos/${pull.repository}/issues/comments/${own.id}`, { body }));
  const refused = refusalOf(pull, opened, verdict);
  if (approve && refused === undefined) await call(pull, 'POST', `${issue}/labels`, { labels: [approvalOf(verdict)] });
  const gate = refused ?? gateOf(verdict, await labelsOf(pull, issue), await handsIn(pull, opened));
  await call(pull, 'POST', `/repos/${pull.repository}/statuses/${pull.sha}`, { ...gate, context: CONTEXT });
  return gate;
}

/** What no approval helps: a review that is not of the merge that would happen, or of a fork as if it could be trusted. */
function refusalOf(pull: PullRequest, { head, base }: Opened, { commit }: Verdict): Gate | undefined {
  if (base.ref !== base.repo?.default_branch) {
    const description = 'the review is of a merge into the default branch: change the base of the pull request to it';
    return { state: 'failure', description };
  }
  if (head.repo?.full_name !== pull.repository && commit !== pull.sha) {
    return { state: 'failure', description: 'a change of a fork needs a review of this commit alone (--commit)' };
  }
  return undefined;
}

/** GitHub tells no more commits of a pull request than this. */
const MOST_COMMITS = 250;

interface Commit {
  readonly sha: string;
  readonly author: Account | null;
  readonly committer: Account | null;
}

/** Authors and committers of the commits, and who pushed them, as far as GitHub tells: of forks it does not. */
async function handsIn(pull: PullRequest, { head, user, commits: count }: Opened): Promise<Hands> {
  if (count > MOST_COMMITS) return { logins: [], unknown: `GitHub tells ${MOST_COMMITS} commits and it has ${count}` };
  const commits = await pages<Commit>(pull, `/repos/${pull.repository}/pulls/${pull.number}/commits`);
  const strange = commits.find(({ author, committer }) => !author?.login || !committer?.login);
  if (strange !== undefined) {
    return { logins: [], unknown: `GitHub knows no account for who made commit ${strange.sha.slice(0, 12)}` };
  }
  const people = commits.flatMap(({ author, committer }) => [author, committer]);
  const pushers =
    head.repo?.full_name === pull.repository
      ? (await pages<Push>(pull, `/repos/${pull.repository}/activity`, { ref: `refs/heads/${head.ref}` })).map(
          ({ actor }) => actor,
        )
      : [head.repo?.owner ?? null];
  if (pushers.includes(null)) return { logins: [], unknown: 'GitHub does not tell who pushed it' };
  return { logins: [user, ...people, ...pushers].flatMap((account) => account?.login ?? []) };
}

interface Push {
  readonly actor: Account | null;
}

interface Event {
  readonly event: string;
  readonly label?: { readonly name: string };
  readonly actor?: { readonly login: string } | null;
}

async function labelsOf(pull: PullRequest, issue: string): Promise<Label[]> {
  const events = await pages<Event>(pull, `${issue}/events`);
  return (await pages<{ name: string }>(pull, `${issue}/labels`)).map(({ name }) => {
    // One that is there although it was taken off last is another one by its new name.
    const last = events.findLast(({ label }) => label?.name === name);
    return { name, setBy: last?.event === 'labeled' ? last.actor?.login : undefined };
  });
}

const PAGE = 100;

/** All that there is, page by page: some lists are told by a cursor and others by a number, so GitHub's link is followed. */
async function pages<T>(pull: PullRequest, path: string, query: Readonly<Record<string, string>> = {}): Promise<T[]> {
  const items: T[] = [];
  const first = `${pull.apiUrl}${path}?${new URLSearchParams({ ...query, per_page: String(PAGE) }).toString()}`;
  for (let next: string | undefined = first; next !== undefined;) {
    const response = await ask(pull, 'GET', next);
    items.push(...((await response.json()) as T[]));
    next = /<([^>]*)>;\s*rel="next"/.exec(response.headers.get('link') ?? '')?.[1];
    // The token goes nowhere else.
    if (next !== undefined && new URL(next).origin !== new URL(pull.apiUrl).origin)
      throw new Error(`GitHub tells of ${next}`);
  }
  return items;
}

async function call(pull: PullRequest, method: string, path: string, body?: object): Promise<unknown> {
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

/** `space-egress review-publish`: the comment and the gate of a pull request, from a review that was made before. */
export function reviewPublishCommand(): Command {
  return new Command('review-publish')
    .description('writes a review as the one comment of a pull request and sets its status; needs GITHUB_TOKEN')
    .requiredOption('--comment <file>', 'Markdown of the review')
    .requiredOption('--review <file>', 'JSON of the same review')
    .requiredOption('--pull-request <number>', 'number of the pull request', numberOf)
    .requiredOption('--sha <sha>', 'commit that was reviewed')
    .requiredOption('--head <head>', 'where it was pushed to, as OWNER/REPOSITORY:BRANCH')
    .option('--approve', 'sets the label that approves it: for a job that waits for an approval itself')
    .action(
      async (options: {
        comment: string;
        review: string;
        pullRequest: number;
        sha: string;
        head: string;
        approve?: true;
      }) => {
        const { GITHUB_TOKEN: token, GITHUB_REPOSITORY: repository, GITHUB_API_URL: apiUrl } = process.env;
        if (token === undefined || repository === undefined) {
          throw new Error('GITHUB_TOKEN and GITHUB_REPOSITORY are not set: run this in a workflow of GitHub');
        }
        const pull = {
          apiUrl: apiUrl ?? 'https://api.github.com',
          token,
          repository,
          number: options.pullRequest,
          sha: options.sha,
          head: options.head,
        };
        const verdict = readJson(options.review) as Verdict;
        const gate = await publish(pull, readFileSync(options.comment, 'utf8'), verdict, options.approve);
        process.stdout.write(`${line(`${gate.state}: ${gate.description}`)}\n`);
      },
    );
}

function numberOf(text: string): number {
  if (!/^[1-9][0-9]*$/.test(text)) throw new Error(`'${text}' is not the number of a pull request`);
  return Number(text);
}
