import { spawn } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';

export interface CommandOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Milliseconds after which the command is ended. @default - no limit */
  readonly timeout?: number;
}

/** A command that could not be started or ended badly. The message ends with the last lines it printed. */
export class CommandFailure extends Error {
  override readonly name = 'CommandFailure';
  constructor(
    command: string,
    ending: string,
    readonly output: string,
  ) {
    super(`"${command}" ${ending}${output === '' ? '' : `:\n${output.trimEnd().split('\n').slice(-8).join('\n')}`}`);
  }
}

/** Runs a command without a shell; resolves with its standard output. */
export function run(command: string, args: readonly string[], options: CommandOptions = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const { cwd, env, timeout } = options;
    const child = spawn(command, args, { cwd, env, timeout, stdio: ['ignore', 'pipe', 'pipe'] });
    const standard: Buffer[] = [];
    const all: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => {
      standard.push(chunk);
      all.push(chunk);
    });
    child.stderr.on('data', (chunk: Buffer) => all.push(chunk));
    const printed = (): string => Buffer.concat(all).toString();
    const line = [command, ...args].join(' ');
    child.on('error', (error) => {
      reject(new CommandFailure(line, `could not be started (${error.message})`, printed()));
    });
    child.on('close', (code, signal) => {
      if (code === 0) resolve(Buffer.concat(standard).toString());
      else
        reject(new CommandFailure(line, signal === null ? `ended with ${code}` : `was ended by ${signal}`, printed()));
    });
  });
}

/** Whether `path` is a file that may be run. */
export function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** The first executable of that name in the folders of `PATH`. */
export function findOnPath(name: string, env: NodeJS.ProcessEnv = process.env): string | undefined {
  return (env.PATH ?? '')
    .split(delimiter)
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, name))
    .find(isExecutable);
}
