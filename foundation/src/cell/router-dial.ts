import { request } from 'node:http';
import type { ClientRequest, IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Endpoint } from './directory';
import { headersFor, type Exchange } from './router-exchange';

/** As on the platform. */
export const DIAL_TIMEOUT = 5000;
export const RESPONSE_TIMEOUT = 900_000;

export interface Handlers {
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
