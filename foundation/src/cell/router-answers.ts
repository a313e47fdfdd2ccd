import { STATUS_CODES } from 'node:http';
import { forEach, type HeaderList } from './router-headers';

/** What the router itself answers with, by the platform's name for it. */
export interface RouterError {
  readonly status: number;
  /** The platform has none for some. */
  readonly error?: string;
  readonly message: string;
}

export function endpointFailure({ message }: Error): RouterError {
  return {
    status: 502,
    // The message may quote what an instance sent, and becomes a header.
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

/** A whole answer, for a connection that no server looks after any more. */
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
