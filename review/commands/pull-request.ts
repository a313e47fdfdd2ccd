import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { readJson } from '../readers/input';

/** What a review's JSON says that the gate goes by. */
export interface Verdict {
  readonly widens: boolean;
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

/** Whether the pull request may be merged, as far as egress goes. Nobody approves what they opened themselves. */
export function gateOf(verdict: Verdict, labels: readonly Label[], author: string): Gate {
  const approval = approvalOf(verdict);
  const gate = (state: Gate['state'], ...clauses: string[]): Gate => ({
    state,
    description: [...clauses, verdict.sentence].join(': ').slice(0, LONGEST_DESCRIPTION),
  });
  if (!verdict.widens) return gate('success');
  const label = labels.find(({ name }) => name === approval);
  if (label === undefined) return gate('failure', `needs label ${approval}`);
  return label.setBy === undefined || label.setBy === author
    ? gate('failure', `needs label ${approval} from somebody else than the author`)
    : gate('success', `approved by ${label.setBy} (${approval})`);
}

export interface PullRequest {
  readonly apiUrl: string;
  readonly token: string;
  readonly repository: string;
  readonly number: number;
  /** The commit that was reviewed, which the status is for. */
  readonly sha: string;
}

interface Opened {
  readonly head: { readonly sha: string };
  readonly user: { readonly login: string };
}

/**
 * Writes one comment, or updates it in place, and sets the status that branch protection asks for.
 *
 * @param approve sets the label first: somebody has approved this very review elsewhere
 */
export async function publish(pull: PullRequest, comment: string, verdict: Verdict, approve = false): Promise<Gate> {
  const issue = `/repos/${pull.repository}/issues/${pull.number}`;
  // The number may come from the pull request's own code: it must not speak for another one, or borrow its approval.
  const { head, user } = (await call(pull, 'GET', `/repos/${pull.repository}/pulls/${pull.number}`)) as Opened;
  if (head.sha !== pull.sha) {
    throw new Error(
      `pull request ${pull.number} is at ${head.sha} and not at ${pull.sha}: a newer review will follow, if any`,
    );
  }
  const body = `${MARKER}\n${comment}`;
  const own = (await pages<{ id: number; body: string; user: { type: string } }>(pull, `${issue}/comments`)).find(
    (each) => each.user.type === 'Bot' && each.body.startsWith(MARKER),
  );
  await (own === undefined
    ? call(pull, 'POST', `${issue}/comments`, { body })
    : call(pull, 'PATCH', `/repos/${pull.repository}/issues/comments/${own.id}`, { body }));
  if (approve) await call(pull, 'POST', `${issue}/labels`, { labels: [approvalOf(verdict)] });
  const gate = gateOf(verdict, await labelsOf(pull, issue), user.login);
  await call(pull, 'POST', `/repos/${pull.repository}/statuses/${pull.sha}`, { ...gate, context: CONTEXT });
  return gate;
}

interface Event {
  readonly event: string;
  readonly label?: { readonly name: string };
  readonly actor?: { readonly login: string } | null;
}

async function labelsOf(pull: PullRequest, issue: string): Promise<Label[]> {
  const set = (await pages<Event>(pull, `${issue}/events`)).filter(({ event }) => event === 'labeled');
  return (await pages<{ name: string }>(pull, `${issue}/labels`)).map(({ name }) => ({
    name,
    setBy: set.findLast(({ label }) => label?.name === name)?.actor?.login,
  }));
}

const PAGE = 100;

async function pages<T>(pull: PullRequest, path: string): Promise<T[]> {
  const items: T[] = [];
  for (let page = 1; ; page += 1) {
    const some = (await call(pull, 'GET', `${path}?per_page=${PAGE}&page=${page}`)) as T[];
    items.push(...some);
    if (some.length < PAGE) return items;
  }
}

async function call(pull: PullRequest, method: string, path: string, body?: object): Promise<unknown> {
  const response = await fetch(`${pull.apiUrl}${path}`, {
    method,
    headers: {
      accept: 'application/vnd.github+json',
      authorization: `Bearer ${pull.token}`,
      'x-github-api-version': '2022-11-28',
    },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`GitHub answers ${response.status} to ${method} ${path}: ${text.slice(0, 200)}`);
  return text === '' ? {} : JSON.parse(text);
}

/** `space-egress review-publish`: the comment and the gate of a pull request, from a review that was made before. */
export function reviewPublishCommand(): Command {
  return new Command('review-publish')
    .description('writes a review as the one comment of a pull request and sets its status; needs GITHUB_TOKEN')
    .requiredOption('--comment <file>', 'Markdown of the review')
    .requiredOption('--review <file>', 'JSON of the same review')
    .requiredOption('--pull-request <number>', 'number of the pull request', numberOf)
    .requiredOption('--sha <sha>', 'commit that was reviewed')
    .option('--approve', 'sets the label that approves it: for a job that waits for an approval itself')
    .action(async (options: { comment: string; review: string; pullRequest: number; sha: string; approve?: true }) => {
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
      };
      const verdict = readJson(options.review) as Verdict;
      const gate = await publish(pull, readFileSync(options.comment, 'utf8'), verdict, options.approve);
      process.stdout.write(`${gate.state}: ${gate.description}\n`);
    });
}

function numberOf(text: string): number {
  if (!/^[1-9][0-9]*$/.test(text)) throw new Error(`'${text}' is not the number of a pull request`);
  return Number(text);
}
