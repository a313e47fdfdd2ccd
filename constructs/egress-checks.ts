import { Annotations, Aspects, type IAspect, TerraformStack } from 'cdktf';
import type { IConstruct } from 'constructs';
import {
  acknowledgeable,
  findingId,
  plain,
  findingsOfProgram,
  RULES,
  type Finding,
  type Level,
  type Sorted,
} from '../review';
import { dayOf } from './audit';
import { note } from './notes';

/**
 * The checks of the review at synth: each finding becomes an annotation of the construct that it is about.
 *
 * An aspect only because cdktf has no hook for a validation: it reads what the stacks synthesize to, with the same reader
 * and the same rules as the review of a pull request, and changes nothing.
 *
 * @see docs/checks.md for what is checked and why
 */
export class EgressChecks implements IAspect {
  /** Annotates a stack; an error stops the synth. */
  static on(stack: TerraformStack): void {
    // Not Aspects.of(app): cdktf asks only the stack and what is below it.
    Aspects.of(stack).add(new EgressChecks());
  }

  /**
   * What the checks find in all stacks of the program that the construct belongs to; reads only.
   *
   * @param today for what has an end
   */
  static findings(scope: IConstruct, today = dayOf(new Date())): Sorted {
    const stacks = scope.node.root.node
      .findAll()
      .filter((node): node is TerraformStack => TerraformStack.isStack(node))
      .map((stack) => ({ name: stack.node.path, json: stack.toTerraform() as unknown }));
    return findingsOfProgram(stacks, today);
  }

  /**
   * Says that a finding is meant, for this construct and all below it. The reason is shown in every review.
   *
   * @param rule id of a rule as in `ssh-on`, or of one finding as in `allowlist-public-suffix[.github.io:443]`
   */
  static acknowledge(scope: IConstruct, rule: string, reason: string): void {
    const id = rule.replace(/\[.*$/, '');
    if (!RULES.some((each) => each.id === id)) {
      throw new Error(`'${rule}' is not a check: name one of ${RULES.map((each) => each.id).join(', ')}`);
    }
    if (!acknowledgeable(id)) {
      throw new Error(`${id} can't be acknowledged: what it finds does not work or is never safe, so change that`);
    }
    if (reason.trim() === '') {
      throw new Error(`the acknowledgement of ${rule} has no reason: say why it is meant, reviewers will read it`);
    }
    note(scope, 'acknowledged', { rule, path: scope.node.path, reason });
  }

  visit(node: IConstruct): void {
    if (!TerraformStack.isStack(node)) return;
    for (const finding of EgressChecks.findings(node).open) {
      if (finding.origin?.stack !== node.node.path) continue;
      ANNOTATE[finding.level](Annotations.of(constructAt(node, finding.origin.path)), messageOf(finding));
    }
  }
}

const ANNOTATE: Readonly<Record<Level, (annotations: Annotations, message: string) => void>> = {
  error: (annotations, message) => {
    annotations.addError(message);
  },
  warning: (annotations, message) => {
    annotations.addWarning(message);
  },
  unknown: (annotations, message) => {
    annotations.addWarning(message);
  },
  info: (annotations, message) => {
    annotations.addInfo(message);
  },
};

function messageOf(finding: Finding): string {
  return `${findingId(finding)}: ${plain(finding.message)}. ${finding.why}`;
}

function constructAt(stack: TerraformStack, path: string | undefined): IConstruct {
  return stack.node.findAll().find(({ node }) => node.path === path) ?? stack;
}
