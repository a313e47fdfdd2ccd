/**
 * A checkout's stack and the engine it is deployed with: `cdktf` as its users run it, and the engine itself for what
 * cdktf does not pass on (the plan as JSON).
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { redactPlan } from './plan-json';

export interface StackOptions {
  /** The folder with `cdktf.json`; state and output lie in it. */
  readonly folder: string;
  /** The stack's name in the program. */
  readonly name: string;
  /** Path of `terraform` or `tofu`. */
  readonly engine: string;
  readonly env: NodeJS.ProcessEnv;
  /** Another program than `cdktf.json` names. */
  readonly app?: string;
  /** Gets each line that a command prints. @default - nothing is shown */
  readonly onLine?: (line: string) => void;
}

/** A command failed: the message ends with the last lines that it printed. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  constructor(
    command: string,
    readonly code: number | null,
    readonly output: string,
  ) {
    super(`${command} failed (${code === null ? 'killed' : `exit code ${code}`}):\n${lastLines(output, 25)}`);
  }
}

export class Stack {
  constructor(private readonly options: StackOptions) {}

  get stackFolder(): string {
    return join(this.options.folder, 'cdktf.out', 'stacks', this.options.name);
  }

  /** Resolves with what `cdktf deploy` printed. */
  async deploy(): Promise<string> {
    return this.cdktf('deploy', this.options.name, '--auto-approve', '--skip-provider-lock');
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

  /** The plan as a person reads it and as a program does, sensitive values left out; nothing is changed. `changes` is false for "No changes". */
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

  /** Whether there is a local state that holds anything. */
  get deployed(): boolean {
    const file = join(this.options.folder, `terraform.${this.options.name}.tfstate`);
    if (!existsSync(file)) {
      return false;
    }
    return (JSON.parse(readFileSync(file, 'utf8')) as { resources: readonly unknown[] }).resources.length > 0;
  }

  private cdktf(...args: readonly string[]): Promise<string> {
    const app = this.options.app === undefined ? [] : ['--app', this.options.app];
    const script = require.resolve('cdktf-cli/bundle/bin/cdktf.js');
    return this.run(`cdktf ${args[0] ?? ''}`, process.execPath, [script, ...args, ...app], this.options.folder);
  }

  private engine(...args: readonly string[]): Promise<string> {
    return this.run(`${this.options.engine} ${args[0] ?? ''}`, this.options.engine, args, this.stackFolder);
  }

  private run(title: string, command: string, args: readonly string[], cwd: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const child = spawn(command, args, {
        cwd,
        env: { ...this.options.env, TERRAFORM_BINARY_NAME: this.options.engine, CI: '1', CHECKPOINT_DISABLE: '1' },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      let answer = '';
      let output = '';
      let line = '';
      const listen = (colored: string): void => {
        const text = stripVTControlCharacters(colored);
        output += text;
        const lines = (line + text).split('\n');
        line = lines.pop() ?? '';
        lines.forEach((each) => this.options.onLine?.(each));
      };
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        answer += text;
        listen(text);
      });
      child.stderr.setEncoding('utf8').on('data', listen);
      child.on('error', reject);
      child.on('close', (code) => {
        if (code === 0) {
          resolve(answer);
        } else {
          reject(new CommandError(title, code, output));
        }
      });
    });
  }
}

function lastLines(text: string, count: number): string {
  return text.trimEnd().split('\n').slice(-count).join('\n');
}
