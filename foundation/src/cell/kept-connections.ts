import { Agent, type Dispatcher } from 'undici';
import type { HeaderList } from './router-headers';

/** A request without a body. */
export interface Question {
  readonly address: string;
  readonly port: number;
  readonly method: string;
  readonly path: string;
  readonly headers: HeaderList;
}

export interface Answer {
  /** Gets status, reason, and headers as received. An error that it throws fails the request. */
  readonly onHead: (status: number, reason: string, headers: HeaderList) => void;
  /** Returns false to pause until `resume`. */
  readonly onBody: (chunk: Buffer) => boolean;
  readonly onEnd: () => void;
  /** Called once, instead of `onEnd`. */
  readonly onFailure: (failure: Failure) => void;
}

export interface Failure {
  readonly error: Error;
  /** No connection was established, so nothing has been sent. */
  readonly unreachable: boolean;
  /** The connection closed before an answer began, which a kept one may do at any time. */
  readonly unanswered: boolean;
}

export interface Call {
  readonly resume: () => void;
  /** Has no effect once the request has ended. */
  readonly abort: () => void;
}

export interface TimeLimits {
  /** Milliseconds to establish a connection. */
  readonly dial: number;
  /** Milliseconds until the headers of an answer, and between parts of its body. */
  readonly answer: number;
}

const ENDED: ReadonlySet<string> = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE']);

/** Shared, since every request is aborted in the end, and creating an error would be the most expensive part of it. */
const GONE = new Error('the client has gone');

/**
 * Keep-alive connections to instances. An idle one is closed after 4 s, or earlier if its server announces a shorter
 * time.
 */
export class KeptConnections {
  private readonly agent: Agent;

  public constructor({ dial, answer }: TimeLimits) {
    this.agent = new Agent({ connect: { timeout: dial }, headersTimeout: answer, bodyTimeout: answer });
  }

  public async close(): Promise<void> {
    await this.agent.destroy();
  }

  public ask({ address, port, method, path, headers }: Question, answer: Answer): Call {
    let controller: Dispatcher.DispatchController | undefined;
    let given = false;
    let answered = false;
    const handler: Dispatcher.DispatchHandler = {
      // Called once a connection is established.
      onRequestStart: (started) => {
        controller = started;
        if (given) started.abort(GONE);
      },
      onResponseStart: ({ rawHeaders }, status, _headers, reason = '') => {
        // An informational response, such as early hints, precedes the answer.
        if (status < 200) return;
        answered = true;
        answer.onHead(status, reason, asText(rawHeaders));
      },
      onResponseData: (current, chunk) => {
        if (!answer.onBody(chunk)) current.pause();
      },
      onResponseEnd: answer.onEnd,
      onResponseError: (_controller, error) => {
        const { code = '' } = error as NodeJS.ErrnoException;
        const unreachable = controller === undefined;
        answer.onFailure({ error, unreachable, unanswered: !unreachable && !answered && ENDED.has(code) });
      },
    };
    this.agent.dispatch({ origin: `http://${address}:${port}`, method, path, headers: headers as string[] }, handler);
    return {
      resume: () => controller?.resume(),
      abort: () => {
        given = true;
        controller?.abort(GONE);
      },
    };
  }
}

function asText(raw: Dispatcher.DispatchController['rawHeaders']): HeaderList {
  const texts: readonly (Buffer | string)[] = Array.isArray(raw) ? raw : [];
  return texts.map((text) => (typeof text === 'string' ? text : text.toString('latin1')));
}
