import type { Writable } from 'node:stream';
import type Docker from 'dockerode';
import type { RemoteOutput, RemoteStream } from './cell';
import { ExecStream } from './exec-stream';
import { MOST_TUNNELS } from '../limits';

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
