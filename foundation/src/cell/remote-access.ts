import type { Duplex, Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type Docker from 'dockerode';
import { MOST_TUNNELS } from '../limits';
import type { RemoteCommand, RemoteOutput, RemoteProcess, RemoteStream, Signal, TerminalSize } from './cell';
import { execute, FrameReader, STDERR } from './engine';

/** A command in a running container, with its streams. */
class ExecStream {
  private constructor(
    private readonly exec: Docker.Exec,
    public readonly input: Duplex,
    private readonly terminal: boolean,
  ) {}

  public static async start(
    container: Docker.Container,
    options: Docker.ExecCreateOptions & { readonly Tty?: boolean },
  ): Promise<ExecStream> {
    const { Tty: terminal = false } = options;
    const exec = await container.exec({ ...options, AttachStdin: true, AttachStdout: true, AttachStderr: true });
    const stream = await exec.start({ hijack: true, stdin: true, Tty: terminal });
    // Readers get the error; without this listener, it would end the program if there are only writers.
    stream.on('error', () => undefined);
    return new ExecStream(exec, stream, terminal);
  }

  /** A terminal has one stream. */
  public async *output(): AsyncGenerator<RemoteOutput, void> {
    const frames = new FrameReader();
    for await (const chunk of this.input as AsyncIterable<Buffer>) {
      if (this.terminal) {
        yield { stream: 'stdout', data: chunk };
        continue;
      }
      for (const { stream, payload: data } of frames.push(chunk)) {
        yield { stream: stream === STDERR ? 'stderr' : 'stdout', data };
      }
    }
  }

  public async resize({ columns, rows }: { readonly columns: number; readonly rows: number }): Promise<void> {
    await this.exec.resize({ w: columns, h: rows });
  }

  /** The exit status, or `undefined` while the command runs. */
  public async status(): Promise<number | undefined> {
    const { Running: running, ExitCode: code } = await this.exec.inspect();
    return running ? undefined : (code ?? undefined);
  }

  public close(): void {
    this.input.destroy();
  }
}

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

interface RemoteShellOptions {
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

/** Seconds until an unanswered connection attempt fails. */
const CONNECT_TIMEOUT = 30;
/** Excludes commas and colons, which are syntax to socat. */
const HOST = /^[a-z0-9]([a-z0-9._-]{0,252})$/i;
/** A user without capabilities in the container, and without more network access than the application. */
const NOBODY = '65534:65534';
/** Seconds that the other side has to answer after a client has finished sending. */
const ANSWER_TIMEOUT = 600;
/** socat's message when both ends are connected. */
const CONNECTED = /starting data transfer loop/;
/** socat's message when the other side has finished sending. */
const ENDED = /socket 2 \(fd \d+\) is at EOF/;
const FAILURE = /\bE (.+)/;

/**
 * Connections from an instance's network namespace, under its rules. They start in the container that holds the
 * namespace, since an image may have no program to connect with.
 */
export class Tunnels {
  private count = 0;

  public async open(holder: Docker.Container, host: string, port: number): Promise<RemoteStream> {
    if (!HOST.test(host)) throw new Error(`not a host name or an IPv4 address: ${JSON.stringify(host)}`);
    if (this.count >= MOST_TUNNELS)
      throw new Error(`there are ${MOST_TUNNELS} tunnels to the instance already: close one`);
    this.count += 1;
    let left = false;
    const leave = (): void => {
      if (!left) this.count -= 1;
      left = true;
    };
    const stream = await ExecStream.start(holder, {
      Cmd: [
        ...['socat', '-dd', '-t', String(ANSWER_TIMEOUT)],
        ...['STDIO', `TCP4:${host}:${port},connect-timeout=${CONNECT_TIMEOUT}`],
      ],
      User: NOBODY,
    }).catch((error: unknown) => {
      leave();
      throw error;
    });
    stream.input.once('close', leave);
    try {
      const output = stream.output();
      const first = await untilConnected(output);
      return {
        input: stream.input,
        output: received(first, output, stream.input),
        close: () => stream.close(),
      };
    } catch (error) {
      stream.close();
      throw error;
    }
  }
}

/** Returns what the other side has sent so far, since the engine doesn't keep the order of the two streams. */
async function untilConnected(output: AsyncGenerator<RemoteOutput, void>): Promise<readonly RemoteOutput[]> {
  let said = '';
  for (;;) {
    const next = await output.next();
    if (next.done === true) throw new Error(FAILURE.exec(said)?.[1] ?? `no connection: ${said.trim()}`);
    if (next.value.stream === 'stdout') return [next.value];
    said += next.value.data.toString('utf8');
    if (CONNECTED.test(said)) return [];
  }
}

/** When the other side has finished, socat waits for ours. */
async function* received(
  first: readonly RemoteOutput[],
  output: AsyncGenerator<RemoteOutput, void>,
  input: Writable,
): AsyncGenerator<RemoteOutput, void> {
  yield* first;
  for await (const piece of output) {
    if (piece.stream === 'stdout') yield piece;
    else if (ENDED.test(piece.data.toString('utf8'))) input.end();
  }
}
