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
   * Checks a stack that has no construct of this library, such as one with the provider's resources only. Every other
   * stack is checked without it.
   */
  static on(stack: TerraformStack): void {
    checkAtSynth(stack);
  }

  /**
   * Turns the checks off at synth for this construct and everything below it: for an `App`, a stack, or a part of one.
   * The review of a pull request is not affected: it reports what it finds.
   */
  static off(scope: IConstruct): void {
    keepQuiet(scope);
  }

  /**
   * Returns the findings in all stacks of the program that the construct belongs to, and changes nothing.
   *
   * @param today for what expires, as `2026-12-31`
   * @default today the present day, UTC
   */
  static findings(scope: IConstruct, today = dayOf(new Date())): Sorted {
    return findingsIn(scope, today);
  }

  /**
   * Acknowledges a finding for this construct and everything below it. Every review shows the reason.
   *
   * @param rule id of a rule as in `ssh-on`, or of one finding as in `allowlist-public-suffix[.github.io:443]`
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
