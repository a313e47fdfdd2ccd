import { STATUS_CODES } from 'node:http';
import { forEach, type HeaderList } from './router-headers';

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

export function errorHeaders({ error }: RouterError, requestId: string): HeaderList {
  return [
    ...['Content-Type', 'text/plain; charset=utf-8'],
    ...['Cache-Control', 'no-cache, no-store'],
    ...['X-Content-Type-Options', 'nosniff'],
    ...(error === undefined ? [] : ['X-Cf-RouterError', error]),
    ...['X-Vcap-Request-Id', requestId],
  ];
}

export function errorBody({ status, message }: RouterError): string {
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
