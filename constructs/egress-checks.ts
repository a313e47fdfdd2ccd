import { Annotations, Aspects, TerraformStack } from 'cdktf';
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
 * It reads what the stacks synthesize to when all aspects have been there, with the same reader and the same rules as the
 * review of a pull request, and changes nothing.
 *
 * @see docs/checks.md for what is checked and why
 */
export class EgressChecks {
  /** Annotates a stack; an error stops the synth. */
  static on(stack: TerraformStack): void {
    stack.node.addValidation({
      validate: () => {
        annotate(stack);
        return [];
      },
    });
  }

  /**
   * What the checks find in all stacks of the program that the construct belongs to; reads only.
   *
   * @param today for what has an end
   */
  static findings(scope: IConstruct, today = dayOf(new Date())): Sorted {
    return new Round(scope.node.root).findings(today);
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
}

function annotate(stack: TerraformStack): void {
  for (const finding of Round.of(stack).findings(dayOf(new Date())).open) {
    if (finding.origin?.stack !== stack.node.path) continue;
    ANNOTATE[finding.level](Annotations.of(constructAt(stack, finding.origin.path)), messageOf(finding));
  }
}

const rounds = new WeakMap<IConstruct, Round>();

/**
 * What the stacks of a program synthesize to, each once: they are checked one after the other, and all are looked at
 * together. Only a stack with aspects, which may have changed it meanwhile, is synthesized again when its turn comes.
 */
class Round {
  static of(stack: TerraformStack): Round {
    const { root } = stack.node;
    const kept = rounds.get(root);
    const round = kept === undefined || kept.visited.has(stack) ? new Round(root) : kept;
    rounds.set(root, round);
    if (round.visited.size > 0 && hasAspects(stack)) round.take(stack);
    round.visited.add(stack);
    return round;
  }

  private readonly visited = new Set<TerraformStack>();
  private readonly synthesized = new Map<string, unknown>();
  private found?: Sorted;

  constructor(root: IConstruct) {
    for (const node of root.node.findAll()) {
      if (TerraformStack.isStack(node)) this.take(node);
    }
  }

  findings(today: string): Sorted {
    const stacks = [...this.synthesized].map(([name, json]) => ({ name, json }));
    return (this.found ??= findingsOfProgram(stacks, today));
  }

  private take(stack: TerraformStack): void {
    this.synthesized.set(stack.node.path, stack.toTerraform());
    this.found = undefined;
  }
}

function hasAspects(stack: TerraformStack): boolean {
  return stack.node.findAll().some((node) => Aspects.of(node).all.length > 0);
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
