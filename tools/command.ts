import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { codeOf } from './failure';

interface CommandOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Milliseconds after which the command is stopped. @default - no limit */
  readonly timeout?: number;
  /** Called with each line that the command prints, on either stream. @default - nothing is shown */
  readonly onLine?: (line: string) => void;
  /**
   * For a command that must not be interrupted: it runs in its own process group, which the terminal's Ctrl-C doesn't
   * reach. The first Ctrl-C waits for its end and then becomes an {@link Interrupted}. Another one, or a request to
   * end, is passed on once, and processes that it leaves running are waited for.
   *
   * @default - it receives the terminal's signals
   */
  readonly onInterrupt?: () => void;
}

/** A command that couldn't be started or failed. The message ends with the last lines that it printed. */
export class CommandFailure extends Error {
  override readonly name = 'CommandFailure';
  constructor(
    command: string,
    readonly ending: string,
    readonly output: string,
  ) {
    super(`"${command}" ${ending}${output === '' ? '' : `:\n${output.trimEnd().split('\n').slice(-8).join('\n')}`}`);
  }
}

/** The command was interrupted and has ended. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
  constructor(
    readonly signal: NodeJS.Signals,
    /** Whether the command was cut off; otherwise it had already completed. */
    readonly cutOff: boolean,
    consequence?: string,
  ) {
    super(`interrupted by ${signal}${consequence === undefined ? '' : `; ${consequence}`}`);
  }
}

/** Runs a command without a shell; resolves with its standard output. */
export async function run(command: string, args: readonly string[], options: CommandOptions = {}): Promise<string> {
  const { cwd, env, timeout, onInterrupt } = options;
  const detached = onInterrupt !== undefined && process.platform !== 'win32';
  const child = spawn(command, args, { cwd, env, timeout, detached, stdio: ['ignore', 'pipe', 'pipe'] });
  const output = new Output(options.onLine);
  child.stdout.on('data', (chunk: Buffer) => {
    output.add(chunk, true);
  });
  child.stderr.on('data', (chunk: Buffer) => {
    output.add(chunk, false);
  });
  const line = [command, ...args].join(' ');
  const interruption = detached ? new Interruption(child, onInterrupt) : undefined;
  try {
    const ending = await endOf(child);
    if (interruption?.passedOn !== undefined) {
      await groupEnd(child.pid);
      throw new Interrupted(interruption.passedOn, true);
    }
    if (ending !== undefined) throw new CommandFailure(line, ending, output.all);
    if (interruption?.waiting === true) throw new Interrupted('SIGINT', false);
    return output.standard;
  } finally {
    interruption?.stopListening();
  }
}

class Output {
  private readonly chunks: Buffer[] = [];
  private readonly standardChunks: Buffer[] = [];
  /** The unfinished line of each stream: the other one may print a whole line meanwhile. */
  private readonly unfinished = { standard: '', error: '' };

  constructor(private readonly onLine?: (line: string) => void) {}

  get all(): string {
    return Buffer.concat(this.chunks).toString();
  }

  get standard(): string {
    return Buffer.concat(this.standardChunks).toString();
  }

  add(chunk: Buffer, standard: boolean): void {
    this.chunks.push(chunk);
    if (standard) this.standardChunks.push(chunk);
    if (this.onLine === undefined) return;
    const stream = standard ? 'standard' : 'error';
    const lines = (this.unfinished[stream] + chunk.toString()).split('\n');
    this.unfinished[stream] = lines.pop() ?? '';
    lines.forEach(this.onLine);
  }
}

/** How it failed, in words; undefined if it succeeded. */
function endOf(child: ChildProcess): Promise<string | undefined> {
  return new Promise((resolve) => {
    child.on('error', (error) => {
      resolve(`could not be started (${error.message})`);
    });
    child.on('close', (code, signal) => {
      if (signal !== null) resolve(`was ended by ${signal}`);
      else resolve(code === 0 ? undefined : `ended with ${code ?? 'no code'}`);
    });
  });
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** A terminal, npm and the bootstrap may each deliver the same Ctrl-C. */
const SAME_KEYSTROKE_MS = 1000;

class Interruption {
  private since?: number;
  passedOn?: NodeJS.Signals;

  constructor(
    private readonly child: ChildProcess,
    private readonly onWait: () => void,
  ) {
    SIGNALS.forEach((signal) => process.on(signal, this.listener));
  }

  get waiting(): boolean {
    return this.since !== undefined;
  }

  stopListening(): void {
    SIGNALS.forEach((signal) => process.off(signal, this.listener));
  }

  private readonly listener = (signal: NodeJS.Signals): void => {
    if (signal === 'SIGINT' && this.since === undefined) {
      this.since = performance.now();
      this.onWait();
      return;
    }
    const same = signal === 'SIGINT' && performance.now() - (this.since ?? 0) < SAME_KEYSTROKE_MS;
    if (same || this.passedOn !== undefined) return;
    this.passedOn = signal;
    this.child.kill(signal);
  };
}

const GROUP_LIMIT_MS = 60_000;
const GROUP_POLL_MS = 50;

/**
 * Waits for processes that a command has left running, as cdktf leaves the engine. A process that nobody reaps never
 * ends.
 */
async function groupEnd(group: number | undefined): Promise<void> {
  for (let waited = 0; group !== undefined && waited < GROUP_LIMIT_MS; waited += GROUP_POLL_MS) {
    try {
      process.kill(-group, 0);
    } catch (error) {
      if (codeOf(error) === 'ESRCH') return;
    }
    await wait(GROUP_POLL_MS);
  }
}

/** Whether `path` is an executable file. */
export function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** The first executable with that name in the folders of `PATH`. */
export function findOnPath(name: string, env: NodeJS.ProcessEnv = process.env): string | undefined {
  return (env.PATH ?? '')
    .split(delimiter)
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, name))
    .find(isExecutable);
}
