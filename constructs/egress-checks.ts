import type { TerraformStack } from 'cdktf';
import type { IConstruct } from 'constructs';
import { acknowledgeable, RULES, type Sorted } from '../review';
import { checkAtSynth, findingsIn, keepQuiet } from './private/checks-at-synth';
import { dayOf } from './values/day';
import { note } from './private/notes';

/**
 * The review's checks at synth: each finding becomes an annotation of the construct that it is about, and an error
 * stops the synth. Every stack with a construct of this library is checked.
 *
 * The checks read the synthesized stacks, after all Aspects, with the same reader and rules as the review of a pull
 * request. They change nothing.
 *
 * @see docs/checks.md for what is checked and why
 */
export class EgressChecks {
  /**
   * Checks a stack that has no construct of this library, such as one with only the provider's resources. Every other
   * stack is checked anyway.
   */
  static on(stack: TerraformStack): void {
    checkAtSynth(stack);
  }

  /**
   * Turns the checks off at synth for this construct and everything below it: for an `App`, a stack, or a part of one.
   * The review of a pull request ignores this.
   */
  static off(scope: IConstruct): void {
    keepQuiet(scope);
  }

  /**
   * Returns the findings in all stacks of the program that the construct belongs to, and changes nothing.
   *
   * @param today the day for anything that expires, such as `2026-12-31`
   * @default today the current day, UTC
   */
  static findings(scope: IConstruct, today = dayOf(new Date())): Sorted {
    return findingsIn(scope, today);
  }

  /**
   * Acknowledges a finding for this construct and everything below it. Every review shows the reason.
   *
   * @param rule the id of a check, such as `ssh-on`, or of one finding, such as
   *   `allowlist-public-suffix[.github.io:443]`
   * @throws for an unknown check, for one that is never safe, and without a reason
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
