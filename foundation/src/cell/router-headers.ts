/** Names and values in the order and spelling in which they came. */
export type HeaderList = readonly (readonly [name: string, value: string])[];

/** Of one connection, not of the message. */
const HOP_BY_HOP: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** Only the router says these; a client's own are lost. */
const ROUTERS_OWN: ReadonlySet<string> = new Set([
  'x-cf-app-instance',
  'x-cf-applicationid',
  'x-cf-instanceid',
  'x-cf-instanceindex',
  'x-forwarded-for',
  'x-vcap-request-id',
  // The router has answered it itself.
  'expect',
]);

const WITH_BODY: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH']);

export interface ForwardedRequest {
  readonly method: string;
  readonly rawHeaders: readonly string[];
  readonly clientAddress: string;
  readonly requestId: string;
  readonly startedAt: number;
  readonly endpoint: { readonly appGuid: string; readonly instanceGuid: string; readonly index: number };
  /** `websocket`, when the client asks for another protocol. */
  readonly upgrade?: string;
}

/**
 * What the application gets.
 *
 * @see https://docs.cloudfoundry.org/concepts/http-routing.html
 */
export function requestHeaders(request: ForwardedRequest): HeaderList {
  const { method, rawHeaders, clientAddress, requestId, startedAt, endpoint, upgrade } = request;
  const all = pairs(rawHeaders);
  const kept = endToEnd(all).filter(([name]) => !ROUTERS_OWN.has(name.toLowerCase()));
  const value = (name: string): string | undefined => all.find(([other]) => other.toLowerCase() === name)?.[1];
  const forwardedFor = all.filter(([name]) => name.toLowerCase() === 'x-forwarded-for').map(([, hop]) => hop);
  // Says that there is a body of unknown length.
  const encoding = value('transfer-encoding');
  return [
    ...kept,
    ['X-Forwarded-For', [...forwardedFor, clientAddress].join(', ')],
    ...(value('x-forwarded-proto') === undefined ? [['X-Forwarded-Proto', 'http'] as const] : []),
    ...(value('x-request-start') === undefined ? [['X-Request-Start', String(startedAt)] as const] : []),
    ['X-Vcap-Request-Id', requestId],
    ['X-CF-ApplicationID', endpoint.appGuid],
    ['X-CF-InstanceID', endpoint.instanceGuid],
    ['X-CF-InstanceIndex', String(endpoint.index)],
    ...(encoding === undefined ? [] : [['Transfer-Encoding', encoding] as const]),
    // Else Node.js, which does not know yet that there is none, would announce a body.
    ...(encoding === undefined && WITH_BODY.has(method) && value('content-length') === undefined
      ? [['Content-Length', '0'] as const]
      : []),
    ...(upgrade === undefined
      ? []
      : ([
          ['Connection', 'Upgrade'],
          ['Upgrade', upgrade],
        ] as const)),
  ];
}

/** What the client gets. */
export function responseHeaders(rawHeaders: readonly string[], requestId: string): HeaderList {
  const kept = endToEnd(pairs(rawHeaders)).filter(([name]) => name.toLowerCase() !== 'x-vcap-request-id');
  return [...kept, ['X-Vcap-Request-Id', requestId]];
}

/** As Node.js takes them without looking at each again: names and values in turn. */
export function toOutgoing(headers: HeaderList): string[] {
  return headers.flat();
}

/** All values of a header in an answer. */
export function valuesOf(rawHeaders: readonly string[], name: string): string[] {
  return rawHeaders.filter((_value, index) => index % 2 === 1 && rawHeaders[index - 1]?.toLowerCase() === name);
}

function pairs(raw: readonly string[]): HeaderList {
  return Array.from({ length: raw.length / 2 }, (_, index) => [raw[index * 2] ?? '', raw[index * 2 + 1] ?? '']);
}

function endToEnd(headers: HeaderList): HeaderList {
  const named = headers
    .filter(([name]) => name.toLowerCase() === 'connection')
    .flatMap(([, value]) => value.split(',').map((token) => token.trim().toLowerCase()));
  const dropped = new Set([...HOP_BY_HOP, ...named]);
  return headers.filter(([name]) => !dropped.has(name.toLowerCase()));
}
