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

export interface ForwardedRequest {
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
  const { rawHeaders, clientAddress, requestId, startedAt, endpoint, upgrade } = request;
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

/** As Node.js takes them: values of one name together. */
export function toOutgoing(headers: HeaderList): Record<string, string | string[]> {
  const outgoing = new Map<string, { name: string; values: string[] }>();
  for (const [name, value] of headers) {
    const entry = outgoing.get(name.toLowerCase());
    if (entry) entry.values.push(value);
    else outgoing.set(name.toLowerCase(), { name, values: [value] });
  }
  return Object.fromEntries(
    [...outgoing.values()].map(({ name, values }) => [name, values.length === 1 ? (values[0] as string) : values]),
  );
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
