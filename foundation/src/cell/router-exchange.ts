import { randomUUID } from 'node:crypto';
import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Endpoint } from './directory';

/** Alternating names and values as received, as in Node.js and undici. */
export type HeaderList = readonly string[];

/** Headers of the connection, not the message. */
const HOP_BY_HOP: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** Headers that only the router sets, dropped from clients' requests. */
const ROUTERS_OWN: ReadonlySet<string> = new Set([
  'x-cf-app-instance',
  'x-cf-applicationid',
  'x-cf-instanceid',
  'x-cf-instanceindex',
  'x-forwarded-for',
  'x-vcap-request-id',
  // The router itself has answered it.
  'expect',
]);

const REQUEST_ID: ReadonlySet<string> = new Set(['x-vcap-request-id']);

const WITH_BODY: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH']);

/**
 * The headers that the application gets.
 *
 * @see https://docs.cloudfoundry.org/concepts/http-routing.html
 */
export function headersFor(
  { incoming, rawHeaders, requestId, startedAt, upgrade }: Exchange,
  endpoint: Endpoint,
): string[] {
  const { method = 'GET', socket } = incoming;
  const has = (name: string): boolean => valuesOf(rawHeaders, name).length > 0;
  const clientAddress = socket.remoteAddress?.replace(/^::ffff:/, '') ?? '';
  const headers = endToEnd(rawHeaders, ROUTERS_OWN);
  headers.push('X-Forwarded-For', [...valuesOf(rawHeaders, 'x-forwarded-for'), clientAddress].join(', '));
  if (!has('x-forwarded-proto')) headers.push('X-Forwarded-Proto', 'http');
  if (!has('x-request-start')) headers.push('X-Request-Start', String(startedAt));
  headers.push('X-Vcap-Request-Id', requestId);
  headers.push('X-CF-ApplicationID', endpoint.appGuid);
  headers.push('X-CF-InstanceID', endpoint.instanceGuid);
  headers.push('X-CF-InstanceIndex', String(endpoint.index));
  // Marks a body of unknown length.
  const [encoding] = valuesOf(rawHeaders, 'transfer-encoding');
  if (encoding !== undefined) headers.push('Transfer-Encoding', encoding);
  // Otherwise Node.js, which doesn't know yet that there is no body, would announce one.
  else if (WITH_BODY.has(method) && !has('content-length')) headers.push('Content-Length', '0');
  if (upgrade !== undefined) headers.push('Connection', 'Upgrade', 'Upgrade', upgrade);
  return headers;
}

/** The headers that the client gets. */
export function responseHeaders(rawHeaders: HeaderList, requestId: string): string[] {
  const headers = endToEnd(rawHeaders, REQUEST_ID);
  headers.push('X-Vcap-Request-Id', requestId);
  return headers;
}

/** All values of a header; `name` must be in lower case. */
export function valuesOf(headers: HeaderList, name: string): string[] {
  const values: string[] = [];
  forEach(headers, (key, value) => {
    if (key.length === name.length && key.toLowerCase() === name) values.push(value);
  });
  return values;
}

/** Sets or replaces headers; `undefined` removes one. */
export function withHeaders(headers: HeaderList, others: Readonly<Record<string, string | undefined>>): string[] {
  const replaced = new Set(Object.keys(others).map((name) => name.toLowerCase()));
  const result: string[] = [];
  forEach(headers, (name, value) => {
    if (!replaced.has(name.toLowerCase())) result.push(name, value);
  });
  for (const [name, value] of Object.entries(others)) if (value !== undefined) result.push(name, value);
  return result;
}

function forEach(headers: HeaderList, visit: (name: string, value: string) => void): void {
  for (let index = 0; index < headers.length; index += 2) visit(headers[index] ?? '', headers[index + 1] ?? '');
}

function endToEnd(headers: HeaderList, dropped: ReadonlySet<string>): string[] {
  const hops = hopByHop(headers);
  const kept: string[] = [];
  forEach(headers, (name, value) => {
    const key = name.toLowerCase();
    if (!hops.has(key) && !dropped.has(key)) kept.push(name, value);
  });
  return kept;
}

function hopByHop(headers: HeaderList): ReadonlySet<string> {
  const named = valuesOf(headers, 'connection')
    .flatMap((value) => value.split(','))
    .map((token) => token.trim().toLowerCase());
  return named.every((name) => HOP_BY_HOP.has(name)) ? HOP_BY_HOP : new Set([...HOP_BY_HOP, ...named]);
}

/** Errors that the router itself answers with, by the platform's name. */
export interface RouterError {
  readonly status: number;
  /** Absent for errors that have no name on the platform. */
  readonly error?: string;
  readonly message: string;
}

export function endpointFailure({ message }: Error): RouterError {
  return {
    status: 502,
    // The message may quote what an instance sent, and is used in a header.
    error: `endpoint_failure (${message.replace(/[^\x20-\x7e]/g, ' ')})`,
    message: 'Registered endpoint failed to handle the request.',
  };
}

function errorHeaders({ error }: RouterError, requestId: string): HeaderList {
  return [
    ...['Content-Type', 'text/plain; charset=utf-8'],
    ...['Cache-Control', 'no-cache, no-store'],
    ...['X-Content-Type-Options', 'nosniff'],
    ...(error === undefined ? [] : ['X-Cf-RouterError', error]),
    ...['X-Vcap-Request-Id', requestId],
  ];
}

function errorBody({ status, message }: RouterError): string {
  return `${status} ${STATUS_CODES[status] ?? ''}: ${message}\n`;
}

/** A complete response, for a connection that is no longer handled by the server. */
export function errorText(error: RouterError, requestId: string): string {
  const body = errorBody(error);
  const length = ['Content-Length', String(Buffer.byteLength(body)), 'Connection', 'close'];
  return headText(error.status, STATUS_CODES[error.status], [...errorHeaders(error, requestId), ...length]) + body;
}

export function headText(status = 502, reason = '', headers: HeaderList = []): string {
  const lines = [`HTTP/1.1 ${status} ${reason}`];
  forEach(headers, (name, value) => lines.push(`${name}: ${value}`));
  return [...lines, '', ''].join('\r\n');
}

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
