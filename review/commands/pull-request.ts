import { readFileSync } from 'node:fs';
import { Command, InvalidArgumentError } from 'commander';
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

/** One approval of this very verdict: a label, or what a reviewer of an environment said. */
export interface Approval {
  /** Unset where nobody is known to have given it who may: GitHub tells no more, or it was a program, or a reader. */
  readonly by?: string;
}

/** Who has a hand in a pull request, and whose approval of it so does not count. */
export interface Hands {
  /** As GitHub writes them, which takes no account of case. */
  readonly logins: readonly string[];
  /** Why there may be others of whom GitHub does not tell, so that nobody can be told apart from them. */
  readonly unknown?: string;
}

/**
 * Whether the pull request may be merged, as far as egress goes. Nobody approves what they have made themselves.
 *
 * @param wanted what to do for an approval
 */
export function gateOf(verdict: Verdict, approvals: readonly Approval[], hands: Hands, wanted: string): Gate {
  const gate = (state: Gate['state'], ...clauses: string[]): Gate => ({
    state,
    description: line([...clauses, verdict.sentence].join(': ')).slice(0, LONGEST_DESCRIPTION),
  });
  if (!needsApproval(verdict)) return gate('success');
  if (approvals.length === 0) return gate('failure', `needs ${wanted}`);
  if (hands.unknown !== undefined) return gate('failure', `no approval counts, since ${hands.unknown}`);
  const own = new Set(hands.logins.map((login) => login.toLowerCase()));
  const others = approvals.flatMap(({ by }) => (by === undefined || own.has(by.toLowerCase()) ? [] : [by]));
  return others.length < approvals.length
    ? gate('failure', `needs ${wanted} from somebody who may write and has no hand in it`)
    : gate('success', `approved by ${[...new Set(others)].join(', ')}`);
}

/** Where approvals come from in place of labels. */
export interface Environment {
  readonly name: string;
  /** The run of the workflow that its reviewers have let go on, once they have. */
  readonly run?: number;
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
 * @param environment whose reviewers approve; without one a label does
 */
export async function publish(
  pull: PullRequest,
  comment: string,
  verdict: Verdict,
  environment?: Environment,
): Promise<Gate> {
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
  const gate =
    refusalOf(pull, opened, verdict) ??
    (environment === undefined
      ? gateOf(
          verdict,
          await labelled(pull, issue, approvalOf(verdict)),
          await handsIn(pull, opened),
          `label ${approvalOf(verdict)}`,
        )
      : gateOf(
          verdict,
          await reviewed(pull, environment),
          await handsIn(pull, opened),
          `an approval in environment ${environment.name}`,
        ));
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

/** Programs that do what they do for nobody here. Whoever has another one make a change could approve it. */
const UNSTEERED: ReadonlySet<string> = new Set(['dependabot[bot]', 'renovate[bot]']);

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
  const logins = [user, ...people, ...pushers].flatMap((account) => account?.login ?? []);
  const program = logins.find((login) => login.endsWith('[bot]') && !UNSTEERED.has(login));
  return program === undefined
    ? { logins }
    : { logins, unknown: `${program} has a hand in it and GitHub does not tell who steers that` };
}

interface Push {
  readonly actor: Account | null;
}

interface Event {
  readonly event: string;
  readonly label?: { readonly name: string };
  readonly actor?: (Account & { readonly type: string }) | null;
}

/** The label, and who set it last. It counts from a person who may write: others may have a program set it, or triage. */
async function labelled(pull: PullRequest, issue: string, label: string): Promise<Approval[]> {
  const labels = await pages<{ name: string }>(pull, `${issue}/labels`);
  const found = labels.find(({ name }) => name.toLowerCase() === label);
  if (found === undefined) return [];
  const events = await pages<Event>(pull, `${issue}/events`);
  // One that is there although it was taken off last is another one by its new name.
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
 * What the reviewers of an environment said of a run. A run that is started again keeps what was said of it before, so that all
 * of them must count.
 *
 * @see https://docs.github.com/en/rest/actions/workflow-runs#get-the-review-history-for-a-workflow-run
 */
async function reviewed(pull: PullRequest, { name, run }: Environment): Promise<Approval[]> {
  if (run === undefined) return [];
  const reviews = (await call(pull, 'GET', `/repos/${pull.repository}/actions/runs/${run}/approvals`)) as Review[];
  return reviews
    .filter(({ state, environments }) => state === 'approved' && environments.some((one) => one.name === name))
    .map(({ user }) => ({ by: user?.login }));
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
    .option('--environment <name>', 'its reviewers approve, and no label does')
    .option('--run <id>', 'run of the workflow that they have let go on: for the job that waited for them', numberOf)
    .action(
      async (options: {
        comment: string;
        review: string;
        pullRequest: number;
        sha: string;
        head: string;
        environment?: string;
        run?: number;
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
        const { environment: name, run } = options;
        const environment = name === undefined || name === '' ? undefined : { name, run };
        const gate = await publish(pull, readFileSync(options.comment, 'utf8'), verdict, environment);
        process.stdout.write(`${line(`${gate.state}: ${gate.description}`)}\n`);
      },
    );
}

function numberOf(text: string): number {
  if (!/^[1-9][0-9]*$/.test(text))
    throw new InvalidArgumentError('a number without sign and leading zeros is expected');
  return Number(text);
}
