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
  /** Who has approved it, where that was needed. */
  readonly by?: readonly string[];
}

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
