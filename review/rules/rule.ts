import type { Origin } from '../model/facts';
import type { Model } from '../model/model';
import type { Text } from '../phrase';

/** `unknown` means that the rule couldn't decide; it never counts as passed. */
export type Level = 'error' | 'warning' | 'unknown' | 'info';

/** One finding of a rule about one thing. */
export interface Observation {
  readonly level: Level;
  /** Id of the application or space, or name of the group. */
  readonly subject: string;
  /** Distinguishes several findings of one rule about the same subject. */
  readonly detail?: string;
  readonly message: Text;
  readonly origin?: Origin;
}

/**
 * A check as a pure function of the model, the same at synth and for a plan. Its id is public API, because
 * acknowledgements refer to it.
 */
export interface Rule {
  readonly id: string;
  /** What is wrong. */
  readonly title: string;
  /** Why it matters. */
  readonly why: string;
  /** Whether the code may accept the finding, with a reason. */
  readonly acknowledgeable: boolean;
  readonly check: (model: Model) => Iterable<Observation>;
}
