import { setTimeout as sleep } from 'node:timers/promises';
import type Docker from 'dockerode';
import type { RemoteCommand, RemoteOutput, RemoteProcess, Signal, TerminalSize } from './cell';
import { execute } from './engine';
import { ExecStream } from './exec-stream';

/**
 * Prints its process ID first, to send signals to, since the engine can't. With a terminal, it then waits for a line,
 * so the terminal has its size before anything starts in it.
 */
const SCRIPT = [
  'echo $$',
  '[ ! -t 0 ] || read -r go',
  'cd "${HOME:-/}" 2>/dev/null || cd /',
  'for shell in /bin/bash /usr/local/bin/bash /bin/sh; do',
  '  [ ! -x "$shell" ] || exec "$shell" "$@"',
  'done',
].join('\n');

const NUMBER = /^(\d+)\r?\n/;
/** The terminal's echo of the line that the script waits for. */
const ECHO = /^\r?\n/;
/** Milliseconds. */
const START_TIMEOUT = 30_000;
/** Bytes of a first line; without a shell, something else may print more. */
const LONGEST_LINE = 1024;
/** Bytes that may come before the first line. */
const MOST_ERRORS = 1024 ** 2;
/** Milliseconds between checks whether the process has exited, after its output has ended. */
const POLL = 50;

export interface RemoteShellOptions {
  readonly command: RemoteCommand;
  /** @default - the image's user */
  readonly user?: string;
  readonly env: Readonly<Record<string, string>>;
}

/** A shell in a container, with the environment of its processes. */
export class RemoteShell implements RemoteProcess {
  private constructor(
    private readonly container: Docker.Container,
    private readonly stream: ExecStream,
    private readonly user: string | undefined,
    private readonly number: string,
    public readonly output: AsyncIterable<RemoteOutput>,
  ) {}

  public static async start(container: Docker.Container, options: RemoteShellOptions): Promise<RemoteShell> {
    const { command, terminal } = options.command;
    const stream = await ExecStream.start(container, {
      Cmd: ['/bin/sh', '-c', SCRIPT, 'sh', ...(command === undefined ? [] : ['-c', command])],
      Env: Object.entries({ ...options.command.env, ...options.env }).map(([name, value]) => `${name}=${value}`),
      Tty: terminal !== undefined,
      ...(options.user === undefined ? {} : { User: options.user }),
    });
    // A program in place of the shell may never print anything.
    const deadline = setTimeout(() => stream.close(), START_TIMEOUT);
    try {
      const output = stream.output();
      const first = await takeLine(output, NUMBER);
      if (terminal === undefined) {
        return new RemoteShell(container, stream, options.user, first.what, following(first.rest, output));
      }
      await stream.resize(terminal);
      stream.input.write('\n');
      const { rest } = await takeLine(output, ECHO);
      return new RemoteShell(container, stream, options.user, first.what, following(rest, output));
    } catch (error) {
      stream.close();
      throw error;
    } finally {
      clearTimeout(deadline);
    }
  }

  public get input(): ExecStream['input'] {
    return this.stream.input;
  }

  public resize(size: TerminalSize): Promise<void> {
    return this.stream.resize(size);
  }

  /** Signals its whole session, since the engine starts one for each command. */
  public async signal(signal: Signal): Promise<void> {
    await execute(this.container, ['/bin/sh', '-c', `kill -s ${signal} -- -${this.number}`], '', this.user);
  }

  public async status(): Promise<number> {
    for (;;) {
      const status = await this.stream.status();
      if (status !== undefined) return status;
      await sleep(POLL);
    }
  }

  public close(): void {
    this.stream.close();
  }
}

interface Line {
  readonly what: string;
  /** Other output received so far. */
  readonly rest: readonly RemoteOutput[];
}

/** Reads the first line. The engine doesn't keep the order of the streams, so errors of a quick command may precede it. */
async function takeLine(output: AsyncGenerator<RemoteOutput, void>, pattern: RegExp): Promise<Line> {
  const errors: RemoteOutput[] = [];
  let read: Buffer = Buffer.alloc(0);
  for (let length = 0; ;) {
    const next = await output.next();
    if (next.done !== true) {
      length += next.value.data.length;
      if (next.value.stream === 'stderr') errors.push(next.value);
      else read = Buffer.concat([read, next.value.data]);
    }
    const [line, what = ''] = pattern.exec(read.toString('latin1')) ?? [];
    if (line !== undefined) return { what, rest: [...errors, { stream: 'stdout', data: read.subarray(line.length) }] };
    if (next.done === true || read.length > LONGEST_LINE || length > MOST_ERRORS) {
      const said = Buffer.concat([read, ...errors.map(({ data }) => data)]).toString('utf8', 0, LONGEST_LINE);
      throw new Error(`failed to start a shell: ${said.trim() || 'no output'}`);
    }
  }
}

async function* following(
  rest: readonly RemoteOutput[],
  output: AsyncGenerator<RemoteOutput, void>,
): AsyncGenerator<RemoteOutput, void> {
  yield* rest.filter(({ data }) => data.length > 0);
  yield* output;
}
