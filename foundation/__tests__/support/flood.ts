import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { waitFor } from '../../testing/system';

/** Hostile clients. */

const BETWEEN_BYTES = 1000;
const AT_ONCE = 200;

/** A connection that sends little, and keeps its answer. */
export class Slow {
  received = '';
  ended = false;

  private constructor(private readonly socket: Socket) {
    socket.on('data', (chunk: Buffer) => {
      this.received += chunk.toString();
    });
    // A connection that is closed while it writes.
    socket.on('error', () => undefined);
    socket.once('close', () => {
      this.ended = true;
    });
  }

  /** Opens connections that send `begin` at once, and then the given byte every second, if any. */
  static async open(port: number, begin: string, trickle = '', times = Infinity): Promise<Slow> {
    const socket = connect(port, '127.0.0.1');
    const slow = new Slow(socket);
    await once(socket, 'connect');
    if (begin !== '') socket.write(begin);
    if (trickle !== '') {
      let left = times;
      const timer = setInterval(() => {
        socket.write(trickle);
        left -= 1;
        if (left === 0) clearInterval(timer);
      }, BETWEEN_BYTES);
      socket.once('close', () => clearInterval(timer));
    }
    return slow;
  }

  static async openMany(count: number, port: number, begin: string, trickle?: string, times?: number): Promise<Slow[]> {
    const all: Slow[] = [];
    while (all.length < count) {
      const some = Math.min(AT_ONCE, count - all.length);
      all.push(...(await Promise.all(Array.from({ length: some }, () => Slow.open(port, begin, trickle, times)))));
    }
    return all;
  }

  close(): void {
    this.socket.destroy();
  }

  get status(): string {
    return /^HTTP\/1\.1 (\d+)/.exec(this.received)?.[1] ?? 'none';
  }
}

/** Resolves with the statuses once all connections are closed; calls `meanwhile` repeatedly until then. */
export async function cutOff(slow: readonly Slow[], meanwhile: () => Promise<void>): Promise<Record<string, number>> {
  const all = async (): Promise<boolean> => {
    await meanwhile();
    return slow.every(({ ended }) => ended);
  };
  await waitFor(all, `${slow.length} connections to be cut off`, 120_000);
  return statusesOf(slow);
}

/** The number of connections by status. */
export function statusesOf(slow: readonly Slow[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { status } of slow) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}

export interface Answer {
  readonly status: number;
  readonly text: string;
  readonly sent: number;
}

const CHUNK = Buffer.alloc(1024 * 1024, 'x');

export interface Large {
  readonly port: number;
  readonly path: string;
  readonly size: number;
  readonly method?: string;
  readonly headers?: Record<string, string>;
  /** The start and the end of the body. */
  readonly around?: readonly [string, string];
}

/** Sends a body as fast as it is accepted, until there is an answer. Without a Content-Length, it is chunked. */
export async function sendLarge(large: Large): Promise<Answer> {
  const { port, path, size, method = 'POST', headers = {}, around = ['', ''] } = large;
  // Like most clients, keeps the connection: otherwise it might be closed before the answer has been read.
  const agent = new Agent({ keepAlive: true });
  const sending = request({ host: '127.0.0.1', port, path, method, headers, agent });
  let sent = 0;
  let over = false;
  const answered = new Promise<Answer>((resolve, reject) => {
    sending.once('error', reject);
    sending.once('response', (response) => {
      text(response).then((content) => resolve({ status: response.statusCode ?? 0, text: content, sent }), reject);
    });
  }).finally(() => {
    over = true;
  });
  const send = async (): Promise<void> => {
    sending.write(around[0]);
    for (; sent < size && !over; sent += CHUNK.length) {
      if (!sending.write(CHUNK)) await Promise.race([once(sending, 'drain'), answered]);
    }
    sending.end(around[1]);
  };
  await Promise.all([send(), answered]);
  sending.destroy();
  agent.destroy();
  return answered;
}
