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
  /** Status, reason and headers as they came. What it throws ends the request, and is its failure. */
  readonly onHead: (status: number, reason: string, headers: HeaderList) => void;
  /** False asks for a pause, until `resume`. */
  readonly onBody: (chunk: Buffer) => boolean;
  readonly onEnd: () => void;
  /** Once, instead of `onEnd`. */
  readonly onFailure: (failure: Failure) => void;
}

export interface Failure {
  readonly error: Error;
  /** No connection could be made, so that nothing has been sent. */
  readonly unreachable: boolean;
  /** A connection has ended before an answer began, which one that was kept may do at any moment. */
  readonly unanswered: boolean;
}

export interface Call {
  readonly resume: () => void;
  /** Does nothing once it has ended. */
  readonly abort: () => void;
}

export interface TimeLimits {
  /** Milliseconds until a connection stands. */
  readonly dial: number;
  /** Milliseconds until the head of an answer, and between its parts. */
  readonly answer: number;
}

const ENDED: ReadonlySet<string> = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE']);

/** One for all: each request is given up at last, ended or not, and to make an error takes more than anything else there. */
const GONE = new Error('the client has gone');

/**
 * Connections to instances that outlive a request. An idle one is closed after 4 s, or before the time that its server has
 * announced.
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
      // When a connection stands.
      onRequestStart: (started) => {
        controller = started;
        if (given) started.abort(GONE);
      },
      onResponseStart: ({ rawHeaders }, status, _headers, reason = '') => {
        // An early hint, say: the answer is yet to come.
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
