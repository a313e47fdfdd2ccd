import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { AnnotationMetadataEntryType, App, TerraformStack } from 'cdktf';
import type { IConstruct } from 'constructs';
import {
  acknowledgeable,
  type Finding,
  findingId,
  findingsOfProgram,
  type Level,
  NOTES,
  type Notes,
  plain,
  RULES,
  type Sorted,
} from '../review';
import { dayOf } from './values/day';

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

// Symbols that all copies of the library share, so that a program that uses two copies is checked once.
const CHECKED = Symbol.for('space-egress/checked');
const UNCHECKED = Symbol.for('space-egress/unchecked');

/** Checks the stack of a construct when its program is synthesized. */
export function checkAtSynth(scope: IConstruct): void {
  const { root } = scope.node;
  for (const node of [root, TerraformStack.of(scope)]) {
    if (CHECKED in node) continue;
    Object.defineProperty(node, CHECKED, { value: true });
    if (node === root) root.node.addValidation({ validate: () => validate(App.of(root)) });
  }
}

/** Turns annotations off for a construct and everything below it. */
function keepQuiet(scope: IConstruct): void {
  Object.defineProperty(scope, UNCHECKED, { value: true, configurable: true });
}

/** The findings in all stacks of the program to which the construct belongs. */
function findingsIn(scope: IConstruct, today: string): Sorted {
  return findingsOf(scope, today, (stack) => stack.toTerraform() as unknown);
}

function findingsOf(scope: IConstruct, today: string, read: (stack: TerraformStack) => unknown): Sorted {
  const stacks = scope.node.root.node.findAll().filter((node) => TerraformStack.isStack(node));
  return findingsOfProgram(
    stacks.map((stack) => ({ name: stack.node.path, json: read(stack) })),
    today,
  );
}

/** Checks all stacks together, because edges can connect any two of them, after all of them have been written. */
function validate(app: App): string[] {
  const nodes = new Map(app.node.findAll().map((node) => [node.node.path, node]));
  const isOff = (node: IConstruct): boolean => node.node.scopes.some((scope) => UNCHECKED in scope);
  const checked = [...nodes.values()].filter((node) => TerraformStack.isStack(node) && CHECKED in node);
  if (checked.every(isOff)) return [];
  return findingsOf(app, dayOf(new Date()), written).open.flatMap((finding) => {
    const { stack: name = '', path = name } = finding.origin ?? {};
    const at = nodes.get(path) ?? nodes.get(name) ?? checked[0];
    return at === undefined || isOff(at) ? [] : annotate(at, finding);
  });
}

/** Reads what synth has written, instead of computing it again. */
function written(stack: TerraformStack): unknown {
  const { outdir, hclOutput, manifest } = App.of(stack);
  if (hclOutput) return stack.toTerraform();
  return JSON.parse(readFileSync(join(outdir, manifest.forStack(stack).synthesizedStackPath), 'utf8'));
}

/** @returns the error, unless the CDK's command wants errors as annotations only, and then stops by itself */
function annotate(at: IConstruct, finding: Finding): string[] {
  const message = `${findingId(finding)}: ${plain(finding.message)}. ${sentence(finding.why)}`;
  const level = ANNOTATION[finding.level];
  at.node.addMetadata(level, message);
  // The annotations of a stack are collected before it is written.
  const stack = TerraformStack.of(at);
  App.of(stack).manifest.forStack(stack).annotations.push({ constructPath: at.node.path, level, message });
  const stops = finding.level === 'error' && process.env.CDKTF_CONTINUE_SYNTH_ON_ERROR_ANNOTATIONS === undefined;
  return stops ? [`[${at.node.path}] ${message}`] : [];
}

const ANNOTATION: Readonly<Record<Level, AnnotationMetadataEntryType>> = {
  error: AnnotationMetadataEntryType.ERROR,
  warning: AnnotationMetadataEntryType.WARN,
  unknown: AnnotationMetadataEntryType.WARN,
  info: AnnotationMetadataEntryType.INFO,
};

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

/** Adds a note for the review to the stack that a construct is in. */
export function note<Kind extends keyof Notes>(scope: IConstruct, kind: Kind, entry: Notes[Kind][number]): void {
  const stack = TerraformStack.of(scope);
  const type = `${NOTES}:${kind}`;
  stack.node.addMetadata(type, entry);
  stack.addOverride(
    `//.${NOTES}.${kind}`,
    stack.node.metadata.filter((each) => each.type === type).map(({ data }) => data as Notes[Kind][number]),
  );
}
