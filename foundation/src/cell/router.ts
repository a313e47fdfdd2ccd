import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { ClientRequest, IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline, type Duplex } from 'node:stream';
import { accessLine } from './access-log';
import type { Endpoint, PublicRoute } from './directory';
import { type Call, KeptConnections } from './kept-connections';
import { endpointFailure, errorBody, errorHeaders, errorText, headText, type RouterError } from './router-answers';
import type { RouteServiceSignature } from './route-service-signature';
import { type HeaderList, requestHeaders, responseHeaders, valuesOf, withHeaders } from './router-headers';
import { SERVER_LIMITS } from '../limits';
import { sessionCookie, sessionInstance } from './sticky-session';

export interface RouterOptions {
  readonly host: string;
  readonly port: number;
  /** Host in lower case without port, and path without query. */
  readonly match: (host: string, path: string) => PublicRoute | undefined;
  readonly signature: RouteServiceSignature;
  /** A line of the access log, for the application it is about. */
  readonly log: (endpoint: Endpoint, line: string) => void;
}

/** In the order in which they are tried. */
interface Candidates {
  readonly endpoints: readonly Endpoint[];
  readonly route: PublicRoute;
  /** The instance that the client has a session with. */
  readonly wanted?: string;
  /** They are of a route service, which has no sessions. */
  readonly sessionless?: boolean;
}

type Choice = Candidates | RouterError;

/** What is asked, and of whom. */
interface Leg {
  readonly exchange: Exchange;
  readonly choice: Choice;
}

interface Exchange {
  readonly incoming: IncomingMessage;
  /** As the client has them, or as a route service gets them. */
  readonly host: string | undefined;
  readonly url: string;
  readonly rawHeaders: HeaderList;
  readonly requestId: string;
  readonly startedAt: number;
  readonly upgrade?: string;
  /** Bytes of bodies, counted as they pass. */
  readonly traffic: { received: number; sent: number };
  readonly client: string;
}

/** The platform's values. */
const DIAL_TIMEOUT = 5000;
const RESPONSE_TIMEOUT = 900_000;
const MAX_ATTEMPTS = 3;
const KEEP_ALIVE = 120_000;

const SIGNATURE = 'X-CF-Proxy-Signature';
const METADATA = 'X-CF-Proxy-Metadata';
const FORWARDED_URL = 'X-CF-Forwarded-Url';

const BAD_SIGNATURE: RouterError = { status: 400, message: 'Failed to validate Route Service Signature' };
const NO_UPGRADE: RouterError = {
  status: 503,
  error: 'route_service_unsupported',
  message: 'Websocket requests are not supported for routes bound to Route Services.',
};

const INSTANCE_HEADER = /^([^:\s]+):(\d+)$/;

/**
 * Takes public requests to the instances of the application that the host belongs to.
 *
 * @see https://docs.cloudfoundry.org/concepts/http-routing.html
 */
export class Router {
  private readonly server: Server;
  private readonly connections = new KeptConnections({ dial: DIAL_TIMEOUT, answer: RESPONSE_TIMEOUT });
  private readonly turns = new Map<string, number>();
  private readonly upgraded = new Set<Duplex>();

  private constructor(private readonly options: RouterOptions) {
    this.server = createServer({
      ...SERVER_LIMITS,
      requireHostHeader: false,
      keepAliveTimeout: KEEP_ALIVE,
      // A body may take its time: it is the application's to end that.
      requestTimeout: 0,
    });
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
    await this.connections.close();
    await closed;
  }

  private handle(incoming: IncomingMessage, response: ServerResponse): void {
    const { exchange, choice } = this.firstLeg(begin(incoming));
    if (!('endpoints' in choice)) refuse(response, exchange, choice);
    else if (isRepeatable(exchange)) this.ask(exchange, choice, response);
    else this.forward(exchange, choice, response);
  }

  private firstLeg(exchange: Exchange): Leg {
    const choice = this.choose(exchange.incoming);
    return 'endpoints' in choice && choice.route.routeService !== undefined
      ? this.pastService(exchange, choice, choice.route.routeService)
      : { exchange, choice };
  }

  /**
   * To the route service, or to the application when the request has been there. The service is found among the routes of
   * this foundation and nowhere else: whoever binds one chooses the URL, and no connection is made to where that points.
   */
  private pastService(exchange: Exchange, choice: Candidates, service: string): Leg {
    const { rawHeaders, host = '', url } = exchange;
    const [signature = ''] = valuesOf(rawHeaders, SIGNATURE.toLowerCase());
    if (signature !== '') {
      const [metadata = ''] = valuesOf(rawHeaders, METADATA.toLowerCase());
      const signed = this.options.signature.verify({ signature, metadata });
      if (signed !== choice.route.key) return { exchange, choice: BAD_SIGNATURE };
      const left = withHeaders(rawHeaders, {
        [SIGNATURE]: undefined,
        [METADATA]: undefined,
        [FORWARDED_URL]: undefined,
      });
      return { exchange: { ...exchange, rawHeaders: left }, choice };
    }
    const target = URL.canParse(service) ? new URL(service) : undefined;
    const route = target && this.options.match(target.hostname, target.pathname);
    if (!route) {
      const reason = `no route with an instance for the route service at ${target?.host ?? 'no URL'}`;
      return { exchange, choice: endpointFailure(new Error(reason)) };
    }
    const forwardedUrl = `http://${withoutPort(host)}${url}`;
    const signed = this.options.signature.sign(choice.route.key);
    const sent = {
      ...exchange,
      host: target.host,
      url: `${target.pathname}${target.search}`,
      rawHeaders: withHeaders(rawHeaders, {
        Host: target.host,
        [FORWARDED_URL]: forwardedUrl,
        [SIGNATURE]: signed.signature,
        [METADATA]: signed.metadata,
      }),
    };
    const among = { endpoints: this.inTurn(route), route, sessionless: true };
    // One that is bound itself is no way round its own.
    return route.routeService === undefined
      ? { exchange: sent, choice: among }
      : this.pastService(sent, among, route.routeService);
  }

  /** What may be sent twice, over connections that stand already. */
  private ask(exchange: Exchange, choice: Candidates, response: ServerResponse): void {
    const { url: path } = exchange;
    const { method = 'GET' } = exchange.incoming;
    let call: Call | undefined;
    const attempt = ([endpoint, ...others]: readonly Endpoint[], again: boolean): void => {
      if (!endpoint) return;
      const { address, port } = endpoint;
      const headers = headersFor(exchange, endpoint);
      call = this.connections.ask(
        { address, port, method, path, headers },
        {
          onHead: (status, reason, rawHeaders) => {
            response.writeHead(status, reason, answerHeaders(exchange, choice, endpoint, rawHeaders));
            response.once('close', () => {
              this.logAccess(exchange, endpoint, status);
            });
          },
          onBody: (chunk) => {
            exchange.traffic.sent += chunk.length;
            return response.write(chunk);
          },
          onEnd: () => response.end(),
          onFailure: ({ error, unreachable, unanswered }) => {
            if (response.headersSent || response.destroyed) response.destroy();
            else if (unanswered && again) attempt([endpoint, ...others], false);
            else if (unreachable && others.length > 0) attempt(others, again);
            else this.fail(exchange, endpoint, response, error);
          },
        },
      );
    };
    attempt(choice.endpoints, true);
    response.on('drain', () => call?.resume());
    response.once('close', () => call?.abort());
  }

  /** Over a connection of its own: what can't be sent twice must not meet one that its server is about to close. */
  private forward(exchange: Exchange, choice: Candidates, response: ServerResponse): void {
    const { incoming } = exchange;
    this.dial(exchange, choice.endpoints, {
      onResponse: (endpoint, backend) => {
        const { statusCode: status = 502, statusMessage, rawHeaders } = backend;
        try {
          response.writeHead(status, statusMessage, answerHeaders(exchange, choice, endpoint, rawHeaders));
        } catch (error) {
          // A status or a header that no server may send.
          backend.destroy();
          this.fail(exchange, endpoint, response, error as Error);
          return;
        }
        backend.once('error', () => response.destroy());
        response.once('close', () => {
          this.logAccess(exchange, endpoint, status);
        });
        backend.on('data', (chunk: Buffer) => (exchange.traffic.sent += chunk.length));
        backend.pipe(response);
      },
      onFailure: (endpoint, error) => {
        this.fail(exchange, endpoint, response, error);
      },
      onDialed: (upstream) => {
        response.once('close', () => {
          if (!response.writableFinished) upstream.destroy();
        });
        // Not a pipeline: where the application fails, the client's connection must live to be told so.
        incoming.on('data', (chunk: Buffer) => (exchange.traffic.received += chunk.length));
        incoming.pipe(upstream);
      },
    });
  }

  private fail(exchange: Exchange, endpoint: Endpoint, response: ServerResponse, error: Error): void {
    this.logAccess(exchange, endpoint, 502);
    refuse(response, exchange, endpointFailure(error));
  }

  private handleUpgrade(incoming: IncomingMessage, client: Duplex, head: Buffer): void {
    const exchange = begin(incoming, incoming.headers.upgrade ?? '');
    const chosen = this.choose(incoming);
    const choice = 'endpoints' in chosen && chosen.route.routeService !== undefined ? NO_UPGRADE : chosen;
    this.upgraded.add(client);
    client.once('close', () => this.upgraded.delete(client));
    client.on('error', () => client.destroy());
    if (!('endpoints' in choice)) {
      client.end(errorText(choice, exchange.requestId));
      return;
    }
    this.dial(exchange, choice.endpoints, {
      onResponse: (endpoint, backend) => {
        const { statusCode, statusMessage, rawHeaders } = backend;
        const headers = answerHeaders(exchange, choice, endpoint, rawHeaders);
        client.write(headText(statusCode, statusMessage, [...headers, 'Connection', 'close']));
        pipeline(backend, client, () => {
          this.logAccess(exchange, endpoint, statusCode ?? 502);
        });
      },
      onUpgrade: (endpoint, backend, socket, first) => {
        const { statusCode, statusMessage, rawHeaders } = backend;
        client.write(headText(statusCode, statusMessage, [...rawHeaders, 'X-Vcap-Request-Id', exchange.requestId]));
        client.write(first);
        socket.write(head);
        pipeline(client, socket, client, () => {
          this.logAccess(exchange, endpoint, 101);
        });
      },
      onFailure: (endpoint, error) => {
        this.logAccess(exchange, endpoint, 502);
        client.end(errorText(endpointFailure(error), exchange.requestId));
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
      // A request that has yet to go to a route service takes no instance's turn.
      const isOut = route.routeService !== undefined && headers['x-cf-proxy-signature'] === undefined;
      const endpoints = isOut ? route.endpoints : this.inTurn(route, session);
      return { endpoints, route, ...(session === undefined ? {} : { wanted: session }) };
    }
    const [, appGuid, index] = wanted;
    const named = route.endpoints.filter(
      (endpoint) => endpoint.appGuid === appGuid && endpoint.index === Number(index),
    );
    if (named.length > 0) return { endpoints: named, route };
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
      if (!dialed && others.length > 0) this.dial(exchange, others, handlers);
      else handlers.onFailure(endpoint, error);
    });
  }

  private open(exchange: Exchange, endpoint: Endpoint): ClientRequest {
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

  private logAccess(exchange: Exchange, endpoint: Endpoint, status: number): void {
    this.options.log(endpoint, accessLine({ ...exchange, endpoint, status, finishedAt: Date.now() }));
  }
}

interface Handlers {
  readonly onDialed: (upstream: ClientRequest) => void;
  readonly onResponse: (endpoint: Endpoint, backend: IncomingMessage) => void;
  readonly onUpgrade?: (endpoint: Endpoint, backend: IncomingMessage, socket: Duplex, first: Buffer) => void;
  readonly onFailure: (endpoint: Endpoint, error: Error) => void;
}

function begin(incoming: IncomingMessage, upgrade?: string): Exchange {
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

function headersFor({ incoming, rawHeaders, requestId, startedAt, upgrade }: Exchange, endpoint: Endpoint): string[] {
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

function answerHeaders(
  { requestId }: Exchange,
  { route: { path }, wanted, sessionless }: Candidates,
  { instanceGuid }: Endpoint,
  rawHeaders: HeaderList,
): string[] {
  const headers = responseHeaders(rawHeaders, requestId);
  // The one that the application's answer has brought along stays.
  if (sessionless) return headers;
  const cookie = sessionCookie({ cookies: valuesOf(rawHeaders, 'set-cookie'), instanceGuid, path, wanted });
  if (cookie !== undefined) headers.push('Set-Cookie', cookie);
  return headers;
}

const SAFE_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Without a body and without consequences. `OPTIONS *` is about no path, which the library for it has no room for. */
function isRepeatable({ incoming: { method = '', headers }, url }: Exchange): boolean {
  const empty = headers['transfer-encoding'] === undefined && (headers['content-length'] ?? '0') === '0';
  return empty && SAFE_METHODS.has(method) && url.startsWith('/');
}

function hostOf(header = ''): string {
  return withoutPort(header).toLowerCase();
}

function withoutPort(host: string): string {
  return host.replace(/:\d*$/, '');
}

function pathOf(url: string): string {
  return url.split('?', 1)[0] ?? '/';
}

function refuse(response: ServerResponse, { incoming, requestId }: Exchange, error: RouterError): void {
  // The body that nobody reads would be taken for the next request.
  incoming.resume();
  response.writeHead(error.status, [...errorHeaders(error, requestId)]);
  response.end(errorBody(error));
}
