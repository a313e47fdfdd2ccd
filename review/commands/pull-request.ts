import { handsIn, labelled, reviewed, type Environment } from './approvals';
import { approvalOf, gateOf, type Gate, type Verdict } from './gate';
import { call, pages, type Opened, type PullRequest } from './github';

/** Finds our own comment again; no program of a pull request writes it, since names in it are escaped. */
const MARKER = '<!-- space-egress review -->';
const CONTEXT = 'egress';
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
  const { state, description } = gate;
  await call(pull, 'POST', `/repos/${pull.repository}/statuses/${pull.sha}`, { state, description, context: CONTEXT });
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
