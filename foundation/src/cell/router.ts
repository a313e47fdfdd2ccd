import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { Agent, createServer, request, STATUS_CODES } from 'node:http';
import type { ClientRequest, IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline, type Duplex } from 'node:stream';
import { accessLine } from './access-log';
import type { Endpoint, PublicRoute } from './directory';
import { requestHeaders, responseHeaders, toOutgoing, valuesOf, type HeaderList } from './router-headers';
import { sessionCookie, sessionInstance } from './sticky-session';

export interface RouterOptions {
  readonly host: string;
  readonly port: number;
  /** Host in lower case without port, and path without query. */
  readonly match: (host: string, path: string) => PublicRoute | undefined;
  /** A line of the access log, for the application it is about. */
  readonly log: (endpoint: Endpoint, line: string) => void;
}

/** What the router itself answers with, by the platform's name for it. */
interface RouterError {
  readonly status: number;
  readonly error: string;
  readonly message: string;
}

/** In the order in which they are tried. */
interface Candidates {
  readonly endpoints: readonly Endpoint[];
  readonly path: string;
  /** The instance that the client has a session with. */
  readonly wanted?: string;
}

type Choice = Candidates | RouterError;

interface Exchange {
  readonly incoming: IncomingMessage;
  readonly requestId: string;
  readonly startedAt: number;
  readonly upgrade?: string;
}

/** The platform's values. */
const DIAL_TIMEOUT = 5000;
const RESPONSE_TIMEOUT = 900_000;
const MAX_ATTEMPTS = 3;
const KEEP_ALIVE = 120_000;

const INSTANCE_HEADER = /^([^:\s]+):(\d+)$/;

/**
 * Takes public requests to the instances of the application that the host belongs to.
 *
 * @see https://docs.cloudfoundry.org/concepts/http-routing.html
 */
export class Router {
  private readonly server: Server;
  private readonly agent = new Agent({ keepAlive: true, maxFreeSockets: 100 });
  private readonly turns = new Map<string, number>();
  private readonly upgraded = new Set<Duplex>();

  private constructor(private readonly options: RouterOptions) {
    this.server = createServer({ requireHostHeader: false, keepAliveTimeout: KEEP_ALIVE, requestTimeout: 0 });
    this.server.on('request', (incoming, response) => {
      this.handle(incoming, response);
    });
    this.server.on('upgrade', (incoming, socket: Duplex, head: Buffer) => {
      this.handleUpgrade(incoming, socket, head);
    });
  }

  public static async listen(options: RouterOptions): Promise<Router> {
    const router = new Router(options);
    router.server.listen(options.port, options.host);
    await once(router.server, 'listening');
    return router;
  }

  public get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  public async close(): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    this.server.closeAllConnections();
    for (const socket of this.upgraded) socket.destroy();
    this.agent.destroy();
    await closed;
  }

  private handle(incoming: IncomingMessage, response: ServerResponse): void {
    const exchange = begin(incoming);
    const choice = this.choose(incoming);
    if (!('endpoints' in choice)) {
      refuse(response, exchange, choice);
      return;
    }
    this.dial(exchange, choice.endpoints, {
      onResponse: (endpoint, backend) => {
        try {
          const headers = answerHeaders(exchange, choice, endpoint, backend);
          response.writeHead(backend.statusCode ?? 502, backend.statusMessage, toOutgoing(headers));
        } catch (error) {
          // A status or a header that no server may send.
          backend.destroy();
          this.logAccess(exchange, endpoint, 502);
          refuse(response, exchange, endpointFailure(error as Error));
          return;
        }
        // Not pipeline(), which costs a tenth of a request's time.
        backend.once('error', () => response.destroy());
        response.once('close', () => {
          this.logAccess(exchange, endpoint, response.statusCode);
        });
        backend.pipe(response);
      },
      onFailure: (endpoint, error) => {
        this.logAccess(exchange, endpoint, 502);
        if (response.headersSent) response.destroy();
        else refuse(response, exchange, endpointFailure(error));
      },
      onDialed: (upstream) => {
        response.once('close', () => {
          if (!response.writableFinished) upstream.destroy();
        });
        // Not a pipeline: where the application fails, the client's connection must live to be told so.
        if (isRepeatable(incoming)) upstream.end();
        else incoming.pipe(upstream);
      },
    });
  }

  private handleUpgrade(incoming: IncomingMessage, client: Duplex, head: Buffer): void {
    const exchange = begin(incoming, incoming.headers.upgrade ?? '');
    this.upgraded.add(client);
    client.once('close', () => this.upgraded.delete(client));
    client.on('error', () => client.destroy());
    const choice = this.choose(incoming);
    if (!('endpoints' in choice)) {
      client.end(plainResponse(exchange, choice));
      return;
    }
    this.dial(exchange, choice.endpoints, {
      onResponse: (endpoint, backend) => {
        const headers = answerHeaders(exchange, choice, endpoint, backend);
        client.write(responseHead(backend, [...headers, ['Connection', 'close']]));
        pipeline(backend, client, () => {
          this.logAccess(exchange, endpoint, backend.statusCode ?? 502);
        });
      },
      onUpgrade: (endpoint, backend, socket, first) => {
        client.write(responseHead(backend, [...pairsOf(backend), ['X-Vcap-Request-Id', exchange.requestId]]));
        client.write(first);
        socket.write(head);
        pipeline(client, socket, client, () => {
          this.logAccess(exchange, endpoint, 101);
        });
      },
      onFailure: (endpoint, error) => {
        this.logAccess(exchange, endpoint, 502);
        client.end(plainResponse(exchange, endpointFailure(error)));
      },
      onDialed: (upstream) => {
        client.once('close', () => upstream.destroy());
        upstream.end();
      },
    });
  }

  private choose({ headers, url = '/' }: IncomingMessage): Choice {
    const host = hostOf(headers.host);
    if (host === '') return { status: 400, error: 'empty_host', message: 'Request had empty Host header' };
    const instance = headers['x-cf-app-instance'];
    const wanted = typeof instance === 'string' ? INSTANCE_HEADER.exec(instance) : undefined;
    if (wanted === null) {
      return { status: 400, error: 'invalid_cf_app_instance_header', message: 'Invalid X-CF-App-Instance Header' };
    }
    const route = this.options.match(host, pathOf(url));
    if (!route) {
      const message = `Requested route ('${headers.host ?? ''}') does not exist.`;
      return { status: 404, error: 'unknown_route', message };
    }
    if (!wanted) {
      const session = sessionInstance(headers.cookie);
      const endpoints = this.inTurn(route, session);
      return { endpoints, path: route.path, ...(session === undefined ? {} : { wanted: session }) };
    }
    const [, appGuid, index] = wanted;
    const named = route.endpoints.filter(
      (endpoint) => endpoint.appGuid === appGuid && endpoint.index === Number(index),
    );
    if (named.length > 0) return { endpoints: named, path: route.path };
    return {
      status: 400,
      error: 'unknown_route',
      message: `Requested instance ('${index ?? ''}') with guid ('${appGuid ?? ''}') does not exist for route ('${headers.host ?? ''}')`,
    };
  }

  /** All of them, each request beginning with the next one; before all of them the one that is asked for. */
  private inTurn({ key, endpoints }: PublicRoute, session?: string): readonly Endpoint[] {
    const first = endpoints.filter(({ instanceGuid }) => instanceGuid === session);
    const turn = (this.turns.get(key) ?? 0) % endpoints.length;
    if (first.length === 0) this.turns.set(key, turn + 1);
    return [...first, ...endpoints.slice(turn), ...endpoints.slice(0, turn)].slice(0, MAX_ATTEMPTS);
  }

  /** Nothing of the body is sent before a connection stands, so that another instance can still be asked. */
  private dial(exchange: Exchange, [endpoint, ...others]: readonly Endpoint[], handlers: Handlers): void {
    if (!endpoint) return;
    const upstream = this.open(exchange, endpoint);
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
      upstream.once('close', () => {
        clearTimeout(timer);
      });
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
      // What fails later is seen by whoever reads the response.
      if (answered) return;
      if (upstream.reusedSocket) this.dial(exchange, [endpoint, ...others], handlers);
      else if (!dialed && others.length > 0) this.dial(exchange, others, handlers);
      else handlers.onFailure(endpoint, error);
    });
  }

  private open({ incoming, requestId, startedAt, upgrade }: Exchange, endpoint: Endpoint): ClientRequest {
    const headers = requestHeaders({
      method: incoming.method ?? 'GET',
      rawHeaders: incoming.rawHeaders,
      clientAddress: incoming.socket.remoteAddress?.replace(/^::ffff:/, '') ?? '',
      requestId,
      startedAt,
      endpoint,
      ...(upgrade === undefined ? {} : { upgrade }),
    });
    return request({
      host: endpoint.address,
      port: endpoint.port,
      method: incoming.method ?? 'GET',
      path: incoming.url ?? '/',
      headers: toOutgoing(headers),
      // An upgraded connection never comes back to the agent; and what can't be sent twice must not meet a connection
      // that its server is about to close.
      agent: upgrade === undefined && isRepeatable(incoming) ? this.agent : false,
      timeout: RESPONSE_TIMEOUT,
    }).on('timeout', function timedOut(this: ClientRequest) {
      this.destroy(new Error('response timed out'));
    });
  }

  private logAccess({ incoming, requestId, startedAt }: Exchange, endpoint: Endpoint, status: number): void {
    this.options.log(
      endpoint,
      accessLine({ incoming, requestId, startedAt, endpoint, status, finishedAt: Date.now() }),
    );
  }
}

interface Handlers {
  readonly onDialed: (upstream: ClientRequest) => void;
  readonly onResponse: (endpoint: Endpoint, backend: IncomingMessage) => void;
  readonly onUpgrade?: (endpoint: Endpoint, backend: IncomingMessage, socket: Duplex, first: Buffer) => void;
  readonly onFailure: (endpoint: Endpoint, error: Error) => void;
}

function begin(incoming: IncomingMessage, upgrade?: string): Exchange {
  return { incoming, requestId: randomUUID(), startedAt: Date.now(), ...(upgrade === undefined ? {} : { upgrade }) };
}

function answerHeaders(
  { requestId }: Exchange,
  { path, wanted }: Candidates,
  { instanceGuid }: Endpoint,
  { rawHeaders }: IncomingMessage,
): HeaderList {
  const headers = responseHeaders(rawHeaders, requestId);
  const cookie = sessionCookie({ cookies: valuesOf(rawHeaders, 'set-cookie'), instanceGuid, path, wanted });
  return cookie === undefined ? headers : [...headers, ['Set-Cookie', cookie]];
}

const SAFE_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Without a body and without consequences. */
function isRepeatable({ method = '', headers }: IncomingMessage): boolean {
  const empty = headers['transfer-encoding'] === undefined && (headers['content-length'] ?? '0') === '0';
  return empty && SAFE_METHODS.has(method);
}

function hostOf(header = ''): string {
  return header.replace(/:\d*$/, '').toLowerCase();
}

function pathOf(url: string): string {
  return url.split('?', 1)[0] ?? '/';
}

function endpointFailure(error: Error): RouterError {
  return {
    status: 502,
    error: `endpoint_failure (${error.message})`,
    message: 'Registered endpoint failed to handle the request.',
  };
}

function errorHeaders({ requestId }: Exchange, { error }: RouterError): HeaderList {
  return [
    ['Content-Type', 'text/plain; charset=utf-8'],
    ['Cache-Control', 'no-cache, no-store'],
    ['X-Content-Type-Options', 'nosniff'],
    ['X-Cf-RouterError', error],
    ['X-Vcap-Request-Id', requestId],
  ];
}

function errorBody({ status, message }: RouterError): string {
  return `${status} ${STATUS_CODES[status] ?? ''}: ${message}\n`;
}

function refuse(response: ServerResponse, exchange: Exchange, error: RouterError): void {
  // The body that nobody reads would be taken for the next request.
  exchange.incoming.resume();
  response.writeHead(error.status, toOutgoing(errorHeaders(exchange, error)));
  response.end(errorBody(error));
}

function plainResponse(exchange: Exchange, error: RouterError): string {
  const body = errorBody(error);
  const headers: HeaderList = [
    ...errorHeaders(exchange, error),
    ['Content-Length', String(Buffer.byteLength(body))],
    ['Connection', 'close'],
  ];
  return `${head(error.status, STATUS_CODES[error.status] ?? '', headers)}${body}`;
}

function responseHead({ statusCode = 502, statusMessage = '' }: IncomingMessage, headers: HeaderList): string {
  return head(statusCode, statusMessage, headers);
}

function head(status: number, reason: string, headers: HeaderList): string {
  const lines = headers.map(([name, value]) => `${name}: ${value}`);
  return [`HTTP/1.1 ${status} ${reason}`, ...lines, '', ''].join('\r\n');
}

function pairsOf({ rawHeaders }: IncomingMessage): HeaderList {
  return rawHeaders.flatMap((name, index) => (index % 2 === 0 ? [[name, rawHeaders[index + 1] ?? ''] as const] : []));
}
