import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { constants } from 'node:os';
import type { Readable } from 'node:stream';
import type { RemoteOutput, RemoteProcess, RemoteStream, Signal } from '../../src/cell/cell';
import type { Inside } from '../../src/cell/memory-cell';

/** The output of both streams together. */
export async function received({ output }: RemoteStream): Promise<string> {
  let text = '';
  for await (const { data } of output) text += data.toString('utf8');
  return text;
}

/** The output and the exit status. */
export async function result(remote: RemoteProcess, input = ''): Promise<{ text: string; status: number }> {
  remote.input.end(input);
  const text = await received(remote);
  return { text, status: await remote.status() };
}

/** This machine's shell, without a terminal, and network, in place of a container's. */
export const thisMachine: Inside = {
  async execute(_spec, { command, env }) {
    const child = spawn('/bin/sh', command === undefined ? [] : ['-c', command], {
      env: { ...process.env, ...env },
      detached: true,
    });
    await once(child, 'spawn');
    const ended = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>;
    return {
      input: child.stdin,
      output: merge({ stdout: child.stdout, stderr: child.stderr }),
      close: () => {
        child.stdin.destroy();
        child.stdout.destroy();
        child.stderr.destroy();
      },
      resize: () => Promise.resolve(),
      signal: (signal: Signal) => {
        process.kill(-(child.pid ?? 0), `SIG${signal}`);
        return Promise.resolve();
      },
      status: async () => {
        const [status, signal] = await ended;
        return status ?? 128 + constants.signals[signal ?? 'SIGHUP'];
      },
    };
  },

  async connect(_spec, host, port) {
    const socket = connect({ host, port });
    await once(socket, 'connect');
    return { input: socket, output: merge({ stdout: socket }), close: () => socket.destroy() };
  },
};

/** In the order in which it comes. */
async function* merge(streams: Partial<Record<RemoteOutput['stream'], Readable>>): AsyncGenerator<RemoteOutput> {
  const waiting = new Map(
    Object.entries(streams).map(([name, stream]) => {
      const iterator = stream[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
      return [name as RemoteOutput['stream'], { iterator, next: iterator.next() }];
    }),
  );
  while (waiting.size > 0) {
    const [name, piece] = await Promise.race([...waiting].map(async ([key, { next }]) => [key, await next] as const));
    const source = waiting.get(name);
    if (piece.done === true || !source) {
      waiting.delete(name);
      continue;
    }
    source.next = source.iterator.next();
    yield { stream: name, data: piece.value };
  }
}
