import { readFileSync, writeFileSync } from 'node:fs';
import { Command } from 'commander';
import { handsIn, labelled, reviewed, type Environment, call, pages, type Opened, type PullRequest } from './github';
import { RECORD, recorded, type Recorder, wholeNumber } from './reporting';
import { readJson } from '../readers/input';
import { line } from '../report/escape';
import { needsApproval } from '../report/report';

interface Options {
  readonly comment: string;
  readonly review: string;
  readonly pullRequest: number;
  readonly sha: string;
  readonly head: string;
  readonly environment?: string;
  readonly run?: number;
  readonly out?: string;
  readonly record?: string;
}

/**
 * `space-egress review-publish`: sets the comment and the status of a pull request, from an earlier review.
 *
 * @param record stores who approved what, if requested
 */
export function reviewPublishCommand(record?: Recorder): Command {
  return new Command('review-publish')
    .description(
      'posts a review as the only comment of its kind on a pull request and sets the status; needs GITHUB_TOKEN',
    )
    .requiredOption('--comment <file>', 'Markdown of the review')
    .requiredOption('--review <file>', 'JSON of the same review')
    .requiredOption('--pull-request <number>', 'number of the pull request', wholeNumber)
    .requiredOption('--sha <sha>', 'commit that was reviewed')
    .requiredOption('--head <head>', 'where it was pushed, as OWNER/REPOSITORY:BRANCH')
    .option('--environment <name>', 'environment whose reviewers approve; labels then do not count')
    .option('--run <id>', 'workflow run that the reviewers allowed to continue', wholeNumber)
    .option('--out <file>', 'where to write the decision as JSON, with who approved which digest')
    .addOption(RECORD)
    .action(async (options: Options) => {
      const { pullRequest, sha: commit, record: store } = options;
      const subject = `pull request ${pullRequest}`;
      await recorded({ store, record }, { kind: 'approval', subject, pullRequest, commit }, async () => {
        const json = await published(options);
        if (options.out !== undefined) writeFileSync(options.out, json);
        return { result: json, pullRequest, commit };
      });
    });
}

async function published(options: Options): Promise<string> {
  const { GITHUB_TOKEN: token, GITHUB_REPOSITORY: repository, GITHUB_API_URL: apiUrl } = process.env;
  if (token === undefined || repository === undefined) {
    throw new Error('GITHUB_TOKEN and GITHUB_REPOSITORY are not set: run this in a workflow of GitHub');
  }
  const { pullRequest, sha, head, environment: name, run } = options;
  const pull = { apiUrl: apiUrl ?? 'https://api.github.com', token, repository, number: pullRequest, sha, head };
  const verdict = readJson(options.review) as Verdict;
  const environment = name === undefined || name === '' ? undefined : { name, run };
  const gate = await publish(pull, readFileSync(options.comment, 'utf8'), verdict, environment);
  process.stdout.write(`${gate.state}: ${gate.description}\n`);
  return `${JSON.stringify({ gate, digest: verdict.digest, pullRequest, commit: sha }, undefined, 2)}\n`;
}

/** Marks our own comment. A pull request's program can't write it, because names in a comment are escaped. */
const MARKER = '<!-- space-egress review -->';
const CONTEXT = 'egress';
/**
 * Creates the one comment or updates it in place, and sets the status that branch protection requires.
 *
 * @param environment whose reviewers approve; if omitted, labels do
 */
export async function publish(
  pull: PullRequest,
  comment: string,
  verdict: Verdict,
  environment?: Environment,
): Promise<Gate> {
  const issue = `/repos/${pull.repository}/issues/${pull.number}`;
  // The pull request's own code may have provided the number: it must not publish for another one or borrow its
  // approval.
  const opened = (await call(pull, 'GET', `/repos/${pull.repository}/pulls/${pull.number}`)) as Opened;
  if (opened.head.sha !== pull.sha) {
    throw new Error(
      `pull request ${pull.number} is at ${opened.head.sha} and not at ${pull.sha}: a newer review will follow, if any`,
    );
  }
  const head = `${opened.head.repo?.full_name ?? ''}:${opened.head.ref}`;
  if (head !== pull.head)
    throw new Error(`pull request ${pull.number} is from ${head}, but the review is of ${pull.head}`);
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
  const { state, description } = gate;
  await call(pull, 'POST', `/repos/${pull.repository}/statuses/${pull.sha}`, { state, description, context: CONTEXT });
  return gate;
}

/**
 * Cases in which no approval helps: a review of something other than the merge that would happen, or a fork's change
 * reviewed as if trusted.
 */
function refusalOf(pull: PullRequest, { head, base }: Opened, { commit }: Verdict): Gate | undefined {
  if (base.ref !== base.repo?.default_branch) {
    const description = 'the review is for a merge into the default branch: make it the base of the pull request';
    return { state: 'failure', description };
  }
  if (head.repo?.full_name !== pull.repository && commit !== pull.sha) {
    return { state: 'failure', description: 'a change from a fork needs a review of this commit alone (--commit)' };
  }
  return undefined;
}

/** The parts of a review's JSON that decide the gate. */
export interface Verdict {
  readonly widens: boolean;
  readonly commit?: string;
  readonly digest: string;
  readonly sentence: string;
}

interface Gate {
  readonly state: 'success' | 'failure';
  readonly description: string;
  /** Who has approved it, if an approval was needed. */
  readonly by?: readonly string[];
}

/** GitHub refuses a longer description of a status. */
const LONGEST_DESCRIPTION = 140;

/** The label that approves exactly what opens now: if a later commit opens anything else, its digest differs. */
export function approvalOf({ digest }: Pick<Verdict, 'digest'>): string {
  return `egress-approved-${digest}`;
}

/** An approval of exactly this verdict: a label, or the decision of an environment's reviewer. */
export interface Approval {
  /**
   * Unset if no person with the right to approve is known to have given it: GitHub doesn't tell, or it was a program or
   * a reader.
   */
  readonly by?: string;
}

/** Everybody involved in a pull request, whose approval of it doesn't count. */
export interface Hands {
  /** As GitHub writes them; GitHub ignores case. */
  readonly logins: readonly string[];
  /** Why others may be involved whom GitHub doesn't name, so that no approver is certain to be uninvolved. */
  readonly unknown?: string;
}

/**
 * Decides whether the pull request may be merged, as far as egress is concerned. Nobody can approve their own change.
 *
 * @param wanted what to do to approve
 */
export function gateOf(verdict: Verdict, approvals: readonly Approval[], hands: Hands, wanted: string): Gate {
  const gate = (state: Gate['state'], ...clauses: string[]): Gate => ({
    state,
    // Half of a character outside of the basic plane isn't a text that GitHub accepts.
    description: line([...clauses, verdict.sentence].join(': '))
      .slice(0, LONGEST_DESCRIPTION)
      .replace(/[\uD800-\uDBFF]$/, ''),
  });
  if (!needsApproval(verdict)) return gate('success');
  if (approvals.length === 0) return gate('failure', `needs ${wanted}`);
  if (hands.unknown !== undefined) return gate('failure', `no approval counts, because ${hands.unknown}`);
  const own = new Set(hands.logins.map((login) => login.toLowerCase()));
  const others = approvals.flatMap(({ by }) => (by === undefined || own.has(by.toLowerCase()) ? [] : [by]));
  if (others.length < approvals.length) {
    return gate(
      'failure',
      `needs ${wanted} from someone who can write to the repository and was not involved in the change`,
    );
  }
  const by = [...new Set(others)];
  return { ...gate('success', `approved by ${by.join(', ')}`), by };
}
