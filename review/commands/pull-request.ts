import { handsIn, labelled, reviewed, type Environment } from './approvals';
import { approvalOf, gateOf, type Gate, type Verdict } from './gate';
import { call, pages, type Opened, type PullRequest } from './github';

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
