import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { AnnotationMetadataEntryType, App, TerraformStack } from 'cdktf';
import type { IConstruct } from 'constructs';
import { findingId, findingsOfProgram, plain, type Finding, type Level, type Sorted } from '../../review';
import { dayOf } from '../values/day';

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
export function keepQuiet(scope: IConstruct): void {
  Object.defineProperty(scope, UNCHECKED, { value: true, configurable: true });
}

/** The findings in all stacks of the program to which the construct belongs. */
export function findingsIn(scope: IConstruct, today: string): Sorted {
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
