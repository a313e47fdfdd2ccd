import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Endpoint } from './directory';
import { errorBody, errorHeaders, type RouterError } from './router-answers';
import { type HeaderList, requestHeaders } from './router-headers';

/** A request in progress, with what the router needs to know about it. */
export interface Exchange {
  readonly incoming: IncomingMessage;
  /** As sent by the client, or for a route service, as the service gets them. */
  readonly host: string | undefined;
  readonly url: string;
  readonly rawHeaders: HeaderList;
  readonly requestId: string;
  readonly startedAt: number;
  readonly upgrade?: string;
  /** Bytes of the bodies so far. */
  readonly traffic: { received: number; sent: number };
  readonly client: string;
}

export function begin(incoming: IncomingMessage, upgrade?: string): Exchange {
  return {
    incoming,
    host: incoming.headers.host,
    url: incoming.url ?? '/',
    rawHeaders: incoming.rawHeaders,
    requestId: randomUUID(),
    startedAt: Date.now(),
    traffic: { received: 0, sent: 0 },
    client: `${incoming.socket.remoteAddress ?? ''}:${incoming.socket.remotePort ?? ''}`,
    ...(upgrade === undefined ? {} : { upgrade }),
  };
}

export function headersFor(
  { incoming, rawHeaders, requestId, startedAt, upgrade }: Exchange,
  endpoint: Endpoint,
): string[] {
  return requestHeaders({
    method: incoming.method ?? 'GET',
    rawHeaders,
    clientAddress: incoming.socket.remoteAddress?.replace(/^::ffff:/, '') ?? '',
    requestId,
    startedAt,
    endpoint,
    ...(upgrade === undefined ? {} : { upgrade }),
  });
}

const SAFE_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Whether the request is safe and has no body. `OPTIONS *` has no path, which the library does not support. */
export function isRepeatable({ incoming: { method = '', headers }, url }: Exchange): boolean {
  const empty = headers['transfer-encoding'] === undefined && (headers['content-length'] ?? '0') === '0';
  return empty && SAFE_METHODS.has(method) && url.startsWith('/');
}

export function hostOf(header = ''): string {
  return withoutPort(header).toLowerCase();
}

export function withoutPort(host: string): string {
  return host.replace(/:\d*$/, '');
}

export function pathOf(url: string): string {
  return url.split('?', 1)[0] ?? '/';
}

export function refuse(response: ServerResponse, { incoming, requestId }: Exchange, error: RouterError): void {
  // An unread body would be taken for the next request.
  incoming.resume();
  response.writeHead(error.status, [...errorHeaders(error, requestId)]);
  response.end(errorBody(error));
}
