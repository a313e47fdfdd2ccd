import { connect, type Socket } from 'node:net';
import type { Listener } from '../client';

const TIMEOUT_MS = 20_000;

/** Opens a connection, which the caller closes. */
export async function dial({ host, port }: Listener, options: { allowHalfOpen?: boolean } = {}): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, ...options });
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.off('error', reject);
      socket.on('error', () => undefined);
      resolve(socket);
    });
  });
}

/** What arrives until the connection ends or the text has arrived; `cut` if nothing does. */
export async function hear(socket: Socket, text?: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let heard = '';
    const done = (): void => {
      clearTimeout(timer);
      resolve(heard === '' ? 'cut' : heard);
    };
    const timer = setTimeout(() => {
      reject(new Error(`heard '${heard}' and no end in ${TIMEOUT_MS} ms`));
    }, TIMEOUT_MS);
    socket.on('data', (chunk: Buffer) => {
      heard += chunk.toString('latin1');
      if (text !== undefined && heard.includes(text)) done();
    });
    socket.once('end', done);
    socket.once('close', done);
  });
}

/** The first data that the server sends on a new connection. */
export async function greeting(forward: Listener): Promise<string> {
  const socket = await dial(forward);
  try {
    return await hear(socket, '\n');
  } finally {
    socket.destroy();
  }
}
