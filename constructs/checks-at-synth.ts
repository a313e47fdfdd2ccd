import { AnnotationMetadataEntryType, App, TerraformStack } from 'cdktf';
import type { IConstruct } from 'constructs';
import { findingId, findingsOfProgram, plain, type Finding, type Level, type Sorted } from '../review';
import { dayOf } from './day';

// By symbols that all copies of the library share: what two of them have made in one program is checked once.
const CHECKED = Symbol.for('space-egress/checked');
const UNCHECKED = Symbol.for('space-egress/unchecked');

/** Has the stack of a construct checked when it is synthesized. */
export function checkAtSynth(scope: IConstruct): void {
  const stack = TerraformStack.of(scope);
  if (CHECKED in stack) return;
  Object.defineProperty(stack, CHECKED, { value: true });
  stack.node.addValidation({ validate: () => validate(stack) });
}

/** Has nothing said of a construct and all below it. */
export function keepQuiet(scope: IConstruct): void {
  Object.defineProperty(scope, UNCHECKED, { value: true, configurable: true });
}

/** What the checks find in all stacks of the program that the construct belongs to. */
export function findingsIn(scope: IConstruct, today: string): Sorted {
  const stacks = scope.node.root.node.findAll().filter((node) => TerraformStack.isStack(node));
  return findingsOfProgram(
    stacks.map((stack) => ({ name: stack.node.path, json: stack.toTerraform() as unknown })),
    today,
  );
}

/**
 * All stacks are checked together, when it is the turn of the last one: Aspects have changed the others then, an edge may
 * lead from any to any, and each is synthesized for it once.
 */
function validate(stack: TerraformStack): string[] {
  const last = lastStack(stack.node.root) ?? stack;
  if (stack !== last) {
    checkAtSynth(last);
    return [];
  }
  const nodes = new Map(stack.node.root.node.findAll().map((node) => [node.node.path, node]));
  const isOff = (path: string): boolean => nodes.get(path)?.node.scopes.some((scope) => UNCHECKED in scope) === true;
  if ([...nodes].every(([path, node]) => !(CHECKED in node) || isOff(path))) return [];
  return findingsIn(stack, dayOf(new Date())).open.flatMap((finding) => {
    const { stack: name = '', path = name } = finding.origin ?? {};
    const at = nodes.get(path) ?? nodes.get(name) ?? stack;
    return isOff(at.node.path) ? [] : annotate(at, finding, last);
  });
}

/** @returns the error of a stack that has been synthesized: its annotations have been looked through already */
function annotate(at: IConstruct, finding: Finding, last: TerraformStack): string[] {
  const message = `${findingId(finding)}: ${plain(finding.message)}. ${sentence(finding.why)}`;
  const level = ANNOTATION[finding.level];
  at.node.addMetadata(level, message);
  const stack = TerraformStack.of(at);
  if (stack === last) return [];
  if (finding.level === 'error') return [`${at.node.path}: ${message}`];
  App.of(stack).manifest.forStack(stack).annotations.push({ constructPath: at.node.path, level, message });
  return [];
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

/** The stack whose turn comes last. */
function lastStack(node: IConstruct): TerraformStack | undefined {
  for (const child of [...node.node.children].reverse()) {
    const last = lastStack(child);
    if (last !== undefined) return last;
  }
  return TerraformStack.isStack(node) ? node : undefined;
}
