import type { Origin } from '../model/facts';
import type { Model } from '../model/model';
import type { Text } from '../phrase';

/** `unknown` is a rule that could not tell; it never counts as passed. */
export type Level = 'error' | 'warning' | 'unknown' | 'info';

/** What one rule says about one thing. */
export interface Observation {
  readonly level: Level;
  /** Id of the application or space, or name of the group. */
  readonly subject: string;
  /** Tells several findings of one rule about one subject apart. */
  readonly detail?: string;
  readonly message: Text;
  readonly origin?: Origin;
}

/** A check as a pure function of the model: the same at synth and on a plan. Its id is API: acknowledgements name it. */
export interface Rule {
  readonly id: string;
  /** What is wrong. */
  readonly title: string;
  /** Why it matters. */
  readonly why: string;
  /** Whether the code may say that it is meant, with a reason. */
  readonly acknowledgeable: boolean;
  readonly check: (model: Model) => Iterable<Observation>;
}
