import type { TerraformStack } from 'cdktf';
import type { IConstruct } from 'constructs';
import { acknowledgeable, RULES, type Sorted } from '../review';
import { checkAtSynth, findingsIn, keepQuiet } from './private/checks-at-synth';
import { dayOf } from './values/day';
import { note } from './private/notes';

/**
 * The checks of the review at synth: each finding becomes an annotation of the construct that it is about, and an error
 * stops the synth. Every stack with a construct of this library is checked.
 *
 * They read what the stacks synthesize to when all Aspects have been there, with the same reader and the same rules as the
 * review of a pull request, and change nothing.
 *
 * @see docs/checks.md for what is checked and why
 */
export class EgressChecks {
  /**
   * Checks a stack that has no construct of this library, as one with nothing but resources of the provider. Any other is
   * checked without it.
   */
  static on(stack: TerraformStack): void {
    checkAtSynth(stack);
  }

  /**
   * Says nothing at synth about this construct and all below it: about a program by its `App`, about a stack, about a part
   * of one. The review of a pull request goes by its own: what it finds there it tells all the same.
   */
  static off(scope: IConstruct): void {
    keepQuiet(scope);
  }

  /**
   * What the checks find in all stacks of the program that the construct belongs to; reads only.
   *
   * @param today for what has an end, as `2026-12-31`
   * @default today the present day, UTC
   */
  static findings(scope: IConstruct, today = dayOf(new Date())): Sorted {
    return findingsIn(scope, today);
  }

  /**
   * Says that a finding is meant, for this construct and all below it. The reason is shown in every review.
   *
   * @param rule id of a rule as in `ssh-on`, or of one finding as in `allowlist-public-suffix[.github.io:443]`
   * @throws for a check that there is not, for one of what is never safe, and without a reason
   */
  static acknowledge(scope: IConstruct, rule: string, reason: string): void {
    const id = rule.replace(/\[.*$/, '');
    if (!RULES.some((each) => each.id === id)) {
      throw new Error(`'${rule}' is not a check: name one of ${RULES.map((each) => each.id).join(', ')}`);
    }
    if (!acknowledgeable(id)) {
      throw new Error(`${id} can't be acknowledged: what it finds does not work or is never safe, so fix it`);
    }
    if (reason.trim() === '') {
      throw new Error(`the acknowledgement of ${rule} has no reason: give one, because reviewers will read it`);
    }
    note(scope, 'acknowledged', { rule, path: scope.node.path, reason });
  }
}
