/**
 * A checkout's stack and the engine it is deployed with: `cdktf` as its users run it, and the engine itself for what
 * cdktf does not pass on (the plan as JSON).
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { CommandFailure, run } from './command';
import { diagnosticsOf, hasDiagnosis } from './diagnostics';
import { StateFile } from './state-file';

export interface StackOptions {
  /** The folder with `cdktf.json`; state and output lie in it. */
  readonly folder: string;
  readonly name: string;
  readonly engine: string;
  readonly env: NodeJS.ProcessEnv;
  /** Another program than `cdktf.json` names. */
  readonly app?: string;
  /** Gets each line that a command prints. @default - nothing is shown */
  readonly onLine?: (line: string) => void;
  /**
   * Told at the first Ctrl-C, which lets a command end first: the provider doesn't remember what it was making when it
   * is cut off.
   *
   * @default - nothing is shown
   */
  readonly onInterrupt?: () => void;
}

/** cdktf or the engine failed. The message says why in their own words. */
export class StackFailure extends Error {
  override readonly name = 'StackFailure';
  constructor(
    command: string,
    ending: string,
    readonly output: string,
  ) {
    super(`${command} ${ending}:\n${diagnosticsOf(output)}`);
  }
}

/** Where `space-egress verify` looks. */
export const OUTPUTS_FILE = 'cdktf.outputs.json';

export class Stack {
  constructor(private readonly options: StackOptions) {}

  get stackFolder(): string {
    return join(this.options.folder, 'cdktf.out', 'stacks', this.options.name);
  }

  async deploy(): Promise<string> {
    const outputs = ['--outputs-file', OUTPUTS_FILE];
    return this.cdktf('deploy', this.options.name, '--auto-approve', '--skip-provider-lock', ...outputs);
  }

  async destroy(): Promise<string> {
    return this.cdktf('destroy', this.options.name, '--auto-approve', '--skip-provider-lock');
  }

  /** For whoever wants nothing to be there, and does not know whether something is. */
  async destroyIfDeployed(): Promise<void> {
    if (this.deployed) {
      await this.destroy();
    }
  }

  async synth(): Promise<string> {
    return this.cdktf('synth');
  }

  /**
   * The plan as a person reads it and as a program does, sensitive values left out; nothing is changed. `changes` is
   * false for "No changes".
   */
  async plan(): Promise<{ text: string; json: string; changes: boolean }> {
    const scratch = mkdtempSync(join(tmpdir(), 'space-egress-plan-'));
    const file = join(scratch, 'plan');
    try {
      await this.synth();
      await this.engine('init', '-input=false', '-no-color');
      const text = await this.engine('plan', '-input=false', '-no-color', `-out=${file}`);
      const json = redactPlan(await this.engine('show', '-json', file));
      return { text, json, changes: !text.includes('No changes.') };
    } finally {
      rmSync(scratch, { recursive: true, force: true });
    }
  }

  async outputs(): Promise<Readonly<Record<string, unknown>>> {
    const answer = JSON.parse(await this.engine('output', '-json')) as Record<string, { value: unknown }>;
    return Object.fromEntries(Object.entries(answer).map(([name, { value }]) => [name, value]));
  }

  get state(): StateFile {
    return new StateFile(this.options.folder, this.options.name);
  }

  get deployed(): boolean {
    return this.state.holdsResources;
  }

  private async cdktf(...args: readonly string[]): Promise<string> {
    const app = this.options.app === undefined ? [] : ['--app', this.options.app];
    const script = require.resolve('cdktf-cli/bundle/bin/cdktf.js');
    try {
      return await this.run(`cdktf ${args[0] ?? ''}`, process.execPath, [script, ...args, ...app], this.options.folder);
    } catch (error) {
      if (error instanceof StackFailure && !hasDiagnosis(error.output)) await this.diagnose();
      throw error;
    }
  }

  /** cdktf leaves before it has shown all of a long plan, the error at its end included. The engine says it again. */
  private async diagnose(): Promise<void> {
    if (existsSync(this.stackFolder)) await this.engine('plan', '-input=false');
  }

  private engine(...args: readonly string[]): Promise<string> {
    return this.run(`${this.options.engine} ${args[0] ?? ''}`, this.options.engine, args, this.stackFolder);
  }

  private async run(title: string, command: string, args: readonly string[], cwd: string): Promise<string> {
    const { engine, onLine, onInterrupt = () => undefined } = this.options;
    const env = { ...this.options.env, TERRAFORM_BINARY_NAME: engine, CI: '1', CHECKPOINT_DISABLE: '1' };
    const plain =
      onLine &&
      ((line: string) => {
        onLine(stripVTControlCharacters(line));
      });
    try {
      return stripVTControlCharacters(await run(command, args, { cwd, env, onLine: plain, onInterrupt }));
    } catch (error) {
      throw error instanceof CommandFailure ? new StackFailure(title, error.ending, error.output) : error;
    }
  }
}

/**
 * `terraform show -json` prints every value, including sensitive ones, and marks which ones are sensitive. Whatever
 * leaves the machine that plans (an artifact, a log, a comment) is redacted here first.
 *
 * @see https://developer.hashicorp.com/terraform/internals/json-format
 */
const HIDDEN = '(sensitive)';

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** A plan without sensitive values. Variables are removed completely, because a plan doesn't mark them. */
export function redactPlan(text: string): string {
  return JSON.stringify(redact({ ...(JSON.parse(text) as Readonly<Record<string, Json>>), variables: {} }));
}

/** The fields that contain values, each with the field that marks them. */
const MARKED: readonly (readonly [values: string, marks: string])[] = [
  ['before', 'before_sensitive'],
  ['after', 'after_sensitive'],
  ['values', 'sensitive_values'],
  ['value', 'sensitive'],
];

function redact(json: Json): Json {
  if (isList(json)) {
    return json.map(redact);
  }
  if (!isObject(json)) {
    return json;
  }
  const hidden = MARKED.filter(([values, marks]) => values in json && marks in json).map(
    ([values, marks]) => [values, hide(json[values] ?? null, json[marks] ?? null)] as const,
  );
  const rest = Object.entries(json).map(([key, value]) => [key, redact(value)] as const);
  return Object.fromEntries([...rest, ...hidden]);
}

/** Marks have the shape of the values, with true where a value, or everything below it, is sensitive. */
function hide(value: Json, marks: Json): Json {
  if (marks === true) {
    return value === null ? null : HIDDEN;
  }
  if (isList(value) && isList(marks)) {
    return value.map((each, index) => hide(each, marks[index] ?? false));
  }
  if (isObject(value) && isObject(marks)) {
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, hide(each, marks[key] ?? false)]));
  }
  return value;
}

const isList = (json: Json): json is readonly Json[] => Array.isArray(json);
const isObject = (json: Json): json is { readonly [key: string]: Json } =>
  typeof json === 'object' && json !== null && !isList(json);
