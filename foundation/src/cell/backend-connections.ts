import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import type { Duplex } from 'node:stream';
import { Agent, type Dispatcher } from 'undici';
import type { Endpoint } from './directory';
import { type Exchange, type HeaderList, headersFor } from './router-exchange';

/** A request without a body. */
interface Question {
  readonly address: string;
  readonly port: number;
  readonly method: string;
  readonly path: string;
  readonly headers: HeaderList;
}

interface Answer {
  /** Gets status, reason, and headers as received. An error that it throws fails the request. */
  readonly onHead: (status: number, reason: string, headers: HeaderList) => void;
  /** Returns false to pause until `resume`. */
  readonly onBody: (chunk: Buffer) => boolean;
  readonly onEnd: () => void;
  /** Called once, instead of `onEnd`. */
  readonly onFailure: (failure: Failure) => void;
}

interface Failure {
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

/** Milliseconds to establish a connection, as on the platform. */
const DIAL_TIMEOUT = 5000;
/** Milliseconds until the headers of an answer, and between parts of its body, as on the platform. */
const RESPONSE_TIMEOUT = 900_000;

const ENDED: ReadonlySet<string> = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE']);

/** Shared, since every request is aborted in the end, and creating an error would be the most expensive part of it. */
const GONE = new Error('the client has gone');

/**
 * Keep-alive connections to instances. An idle one is closed after 4 s, or earlier if its server announces a shorter
 * time.
 */
export class KeptConnections {
  private readonly agent = new Agent({
    connect: { timeout: DIAL_TIMEOUT },
    headersTimeout: RESPONSE_TIMEOUT,
    bodyTimeout: RESPONSE_TIMEOUT,
  });

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

interface Handlers {
  readonly onDialed: (upstream: ClientRequest) => void;
  readonly onResponse: (endpoint: Endpoint, backend: IncomingMessage) => void;
  readonly onUpgrade?: (endpoint: Endpoint, backend: IncomingMessage, socket: Duplex, first: Buffer) => void;
  readonly onFailure: (endpoint: Endpoint, error: Error) => void;
}

/** Sends no part of the body before the connection is established, so another instance can still be tried. */
export function dial(exchange: Exchange, [endpoint, ...others]: readonly Endpoint[], handlers: Handlers): void {
  if (!endpoint) return;
  const upstream = open(exchange, endpoint);
  let dialed = false;
  upstream.once('socket', (socket) => {
    const ready = (): void => {
      dialed = true;
      clearTimeout(timer);
      handlers.onDialed(upstream);
    };
    const timer = setTimeout(() => upstream.destroy(new Error('dial timed out')), DIAL_TIMEOUT);
    if (socket.connecting) socket.once('connect', ready);
    else ready();
    upstream.once('close', () => clearTimeout(timer));
  });
  let answered = false;
  upstream.once('response', (backend) => {
    answered = true;
    handlers.onResponse(endpoint, backend);
  });
  upstream.once('upgrade', (backend, socket, first) => {
    answered = true;
    handlers.onUpgrade?.(endpoint, backend, socket, first);
  });
  upstream.on('error', (error) => {
    // The reader of the response sees later failures.
    if (answered) return;
    if (!dialed && others.length > 0) dial(exchange, others, handlers);
    else handlers.onFailure(endpoint, error);
  });
}

function open(exchange: Exchange, endpoint: Endpoint): ClientRequest {
  const { url: path } = exchange;
  const { method = 'GET' } = exchange.incoming;
  const { address: host, port } = endpoint;
  const headers = headersFor(exchange, endpoint);
  return request({ host, port, method, path, headers, agent: false, timeout: RESPONSE_TIMEOUT }).on(
    'timeout',
    function timedOut(this: ClientRequest) {
      this.destroy(new Error('response timed out'));
    },
  );
}
