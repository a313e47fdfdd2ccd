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

export interface ForwardedRequest {
  readonly method: string;
  readonly rawHeaders: HeaderList;
  readonly clientAddress: string;
  readonly requestId: string;
  readonly startedAt: number;
  readonly endpoint: { readonly appGuid: string; readonly instanceGuid: string; readonly index: number };
  /** The protocol that the client asks to switch to, such as `websocket`. */
  readonly upgrade?: string;
}

/**
 * The headers that the application gets.
 *
 * @see https://docs.cloudfoundry.org/concepts/http-routing.html
 */
export function requestHeaders(request: ForwardedRequest): string[] {
  const { method, rawHeaders, clientAddress, requestId, startedAt, endpoint, upgrade } = request;
  const has = (name: string): boolean => valuesOf(rawHeaders, name).length > 0;
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

export function forEach(headers: HeaderList, visit: (name: string, value: string) => void): void {
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
