import { once } from 'node:events';
import type { Writable } from 'node:stream';
import type { ServerChannel } from 'ssh2';
import type { RemoteStream } from '../cell/cell';

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
