import { once } from 'node:events';
import type { Writable } from 'node:stream';
import type { ServerChannel, Session } from 'ssh2';
import {
  type Cell,
  type RemoteProcess,
  type RemoteStream,
  type Signal,
  SIGNALS,
  type TerminalSize,
} from '../cell/cell';

/** Copies both ways, with backpressure, until the remote side has finished. Rejects when the client has left. */
export const pump = async (
  channel: ServerChannel,
  remote: RemoteStream,
  left: AbortSignal,
  sendsEnd: boolean,
): Promise<void> => {
  const cut = (): void => remote.close();
  left.addEventListener('abort', cut, { once: true });
  try {
    left.throwIfAborted();
    channel.pipe(remote.input, { end: sendsEnd });
    for await (const { stream, data } of remote.output) {
      const to: Writable = stream === 'stderr' ? channel.stderr : channel;
      if (!to.write(data)) await once(to, 'drain', { signal: left });
    }
    left.throwIfAborted();
  } finally {
    left.removeEventListener('abort', cut);
    cut();
  }
};

/** Environment variables that a client may set; usually it sets a few. */
const MOST_VARIABLES = 64;
/** Variables that clients can't set. */
const OWN_VARIABLES: readonly string[] = ['HOME', 'USER'];
const VARIABLE = /^[A-Za-z_]\w*$/;
/** The exit status of a command that couldn't start, or ended without a status. */
const FAILED = 255;

type Answer = (() => unknown) | undefined;

const sizeOf = ({ cols: columns, rows }: { readonly cols: number; readonly rows: number }): TerminalSize => ({
  columns,
  rows,
});

const isSignal = (name: string): name is Signal => (SIGNALS as readonly string[]).includes(name);

/** One shell or command in an instance, with or without a terminal. */
export class ShellSession {
  private readonly env: Record<string, string> = {};
  private terminal: TerminalSize | undefined;
  private process: RemoteProcess | undefined;

  /** Aborted when the client has closed the session, or is gone. */
  private readonly left: AbortSignal;

  public constructor(
    session: Session,
    private readonly cell: Cell,
    private readonly instanceGuid: string,
    gone: AbortSignal,
  ) {
    const closed = new AbortController();
    session.once('close', () => closed.abort());
    this.left = AbortSignal.any([gone, closed.signal]);
    // Both are absent if the client wants no reply.
    const answer = (accept: Answer, reject: Answer, taken: boolean): void => {
      (taken ? accept : reject)?.();
    };
    session.on('env', (accept, reject, { key, val }) => answer(accept, reject, this.setVariable(key, val)));
    session.on('pty', (accept, reject, info) => {
      this.terminal = sizeOf(info);
      this.env['TERM'] = info.term;
      answer(accept, reject, true);
    });
    session.on('window-change', (accept, reject, info) => {
      if (this.terminal) {
        this.terminal = sizeOf(info);
        void this.process?.resize(this.terminal).catch(hasEnded);
      }
      answer(accept, reject, this.terminal !== undefined);
    });
    session.on('signal', (accept, reject, { name }) => {
      const known = isSignal(name);
      if (known) void this.process?.signal(name).catch(hasEnded);
      answer(accept, reject, known);
    });
    session.on('shell', (accept) => {
      void this.run(accept());
    });
    session.on('exec', (accept, _reject, { command }) => {
      void this.run(accept(), command);
    });
  }

  private setVariable(name: string, value: string): boolean {
    if (!VARIABLE.test(name) || OWN_VARIABLES.includes(name) || Object.keys(this.env).length >= MOST_VARIABLES) {
      return false;
    }
    this.env[name] = value;
    return true;
  }

  private async run(channel: ServerChannel, command?: string): Promise<void> {
    // `pump` handles a client that is gone.
    channel.on('error', () => undefined);
    channel.stderr.on('error', () => undefined);
    try {
      channel.exit(await this.follow(channel, command));
    } catch (error) {
      channel.stderr.write(`${(error as Error).message}\n`);
      channel.exit(FAILED);
    }
    channel.end();
  }

  private async follow(channel: ServerChannel, command?: string): Promise<number> {
    const { cell, instanceGuid, env, terminal, left } = this;
    const process = await cell.execute(instanceGuid, { command, env, terminal });
    this.process = process;
    const hangUp = (): void => {
      void process.signal('HUP').catch(hasEnded);
    };
    left.addEventListener('abort', hangUp, { once: true });
    if (left.aborted) hangUp();
    // With a terminal, the end of input is a typed character, not the end of the stream.
    await pump(channel, process, left, terminal === undefined);
    left.removeEventListener('abort', hangUp);
    return process.status();
  }
}

/** Ignores the error of a process that has already ended. */
const hasEnded = (): void => undefined;
