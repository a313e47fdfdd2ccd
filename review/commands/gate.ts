import { line } from '../report/escape';
import { needsApproval } from '../report/report';

/** The parts of a review's JSON that decide the gate. */
export interface Verdict {
  readonly widens: boolean;
  readonly commit?: string;
  readonly digest: string;
  readonly sentence: string;
}

export interface Gate {
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
