import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Duplex, pipeline } from 'node:stream';
import { SERVER_LIMITS } from '../limits';
import type { Endpoint } from './directory';
import { type Call, dial, KeptConnections } from './backend-connections';
import { type Candidates, type ChoiceOptions, RouterChoice, sessionCookie } from './router-choice';
import {
  begin,
  endpointFailure,
  errorText,
  type Exchange,
  type HeaderList,
  headersFor,
  headText,
  isRepeatable,
  refuse,
  responseHeaders,
  type RouterError,
  valuesOf,
} from './router-exchange';

export interface RouterOptions extends ChoiceOptions {
  readonly host: string;
  readonly port: number;
  /** Writes a line of the access log to its application's log. */
  readonly log: (endpoint: Endpoint, line: string) => void;
}

/** The platform's value. */
const KEEP_ALIVE = 120_000;

const NO_UPGRADE: RouterError = {
  status: 503,
  error: 'route_service_unsupported',
  message: 'Websocket requests are not supported for routes bound to Route Services.',
};

/**
 * Forwards public requests to the instances of the application that the host belongs to.
 *
 * @see https://docs.cloudfoundry.org/concepts/http-routing.html
 */
export class Router {
  private readonly server: Server;
  private readonly connections = new KeptConnections();
  private readonly choice: RouterChoice;
  private readonly upgraded = new Set<Duplex>();

  private constructor(private readonly options: RouterOptions) {
    this.choice = new RouterChoice(options);
    this.server = createServer({
      ...SERVER_LIMITS,
      requireHostHeader: false,
      keepAliveTimeout: KEEP_ALIVE,
      // A slow body is for the application to limit.
      requestTimeout: 0,
    });
    this.server.on('request', (incoming, response) => this.handle(incoming, response));
    this.server.on('upgrade', (incoming, socket: Duplex, head: Buffer) => this.handleUpgrade(incoming, socket, head));
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
    const { exchange, choice } = this.choice.firstLeg(begin(incoming));
    if (!('endpoints' in choice)) refuse(response, exchange, choice);
    else if (isRepeatable(exchange)) this.ask(exchange, choice, response);
    else this.forward(exchange, choice, response);
  }

  /** Sends repeatable requests, over keep-alive connections. */
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
            response.once('close', () => this.logAccess(exchange, endpoint, status));
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

  /** Sends other requests over new connections, since a server may be about to close a kept one. */
  private forward(exchange: Exchange, choice: Candidates, response: ServerResponse): void {
    const { incoming } = exchange;
    dial(exchange, choice.endpoints, {
      onResponse: (endpoint, backend) => {
        const { statusCode: status = 502, statusMessage, rawHeaders } = backend;
        try {
          response.writeHead(status, statusMessage, answerHeaders(exchange, choice, endpoint, rawHeaders));
        } catch (error) {
          // An invalid status or header.
          backend.destroy();
          this.fail(exchange, endpoint, response, error as Error);
          return;
        }
        backend.once('error', () => response.destroy());
        response.once('close', () => this.logAccess(exchange, endpoint, status));
        backend.on('data', (chunk: Buffer) => (exchange.traffic.sent += chunk.length));
        backend.pipe(response);
      },
      onFailure: (endpoint, error) => this.fail(exchange, endpoint, response, error),
      onDialed: (upstream) => {
        response.once('close', () => {
          if (!response.writableFinished) upstream.destroy();
        });
        // Not a pipeline, since the client's connection must survive a failure of the application, to get the answer.
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
    const chosen = this.choice.choose(incoming);
    const choice = 'endpoints' in chosen && chosen.route.routeService !== undefined ? NO_UPGRADE : chosen;
    this.upgraded.add(client);
    client.once('close', () => this.upgraded.delete(client));
    client.on('error', () => client.destroy());
    if (!('endpoints' in choice)) {
      client.end(errorText(choice, exchange.requestId));
      return;
    }
    dial(exchange, choice.endpoints, {
      onResponse: (endpoint, backend) => {
        const { statusCode, statusMessage, rawHeaders } = backend;
        const headers = answerHeaders(exchange, choice, endpoint, rawHeaders);
        client.write(headText(statusCode, statusMessage, [...headers, 'Connection', 'close']));
        pipeline(backend, client, () => this.logAccess(exchange, endpoint, statusCode ?? 502));
      },
      onUpgrade: (endpoint, backend, socket, first) => {
        const { statusCode, statusMessage, rawHeaders } = backend;
        client.write(headText(statusCode, statusMessage, [...rawHeaders, 'X-Vcap-Request-Id', exchange.requestId]));
        client.write(first);
        socket.write(head);
        pipeline(client, socket, client, () => this.logAccess(exchange, endpoint, 101));
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

  private logAccess(exchange: Exchange, endpoint: Endpoint, status: number): void {
    this.options.log(endpoint, accessLine({ ...exchange, endpoint, status, finishedAt: Date.now() }));
  }
}

function answerHeaders(
  { requestId }: Exchange,
  { route: { path }, wanted, sessionless }: Candidates,
  { instanceGuid }: Endpoint,
  rawHeaders: HeaderList,
): string[] {
  const headers = responseHeaders(rawHeaders, requestId);
  // Keeps the cookie that is already in the application's answer.
  if (sessionless) return headers;
  const cookie = sessionCookie({ cookies: valuesOf(rawHeaders, 'set-cookie'), instanceGuid, path, wanted });
  if (cookie !== undefined) headers.push('Set-Cookie', cookie);
  return headers;
}

interface Access extends Omit<Exchange, 'incoming' | 'rawHeaders' | 'upgrade'> {
  readonly incoming: Pick<IncomingMessage, 'headers' | 'method' | 'httpVersion'>;
  readonly endpoint: Endpoint;
  readonly status: number;
  readonly finishedAt: number;
}

/**
 * A line of the router's access log, in the platform's format.
 *
 * @see https://docs.cloudfoundry.org/devguide/deploy-apps/streaming-logs.html#rtr
 */
export function accessLine({
  incoming,
  host,
  url,
  endpoint,
  requestId,
  status,
  client,
  traffic,
  ...times
}: Access): string {
  const { headers, method = '-', httpVersion } = incoming;
  const { startedAt, finishedAt } = times;
  const forwardedFor = [headers['x-forwarded-for'] ?? [], client.slice(0, client.lastIndexOf(':'))].flat().join(', ');
  const forwardedProto = [headers['x-forwarded-proto'] ?? 'http'].flat().join(', ');
  return [
    `${host ?? '-'} - [${new Date(startedAt).toISOString()}]`,
    quoted(`${method} ${url} HTTP/${httpVersion}`),
    status,
    traffic.received,
    traffic.sent,
    quoted(headers.referer ?? '-'),
    quoted(headers['user-agent'] ?? '-'),
    quoted(client),
    quoted(`${endpoint.address}:${endpoint.port}`),
    `x_forwarded_for:${quoted(forwardedFor)}`,
    `x_forwarded_proto:${quoted(forwardedProto)}`,
    `vcap_request_id:${quoted(requestId)}`,
    `response_time:${((finishedAt - startedAt) / 1000).toFixed(3)}`,
    `app_id:${quoted(endpoint.appGuid)}`,
    `instance_id:${quoted(endpoint.instanceGuid)}`,
    `app_index:${quoted(String(endpoint.index))}`,
  ].join(' ');
}

/** Quotes a client's text, so it can't end the field or the line. */
function quoted(text: string): string {
  return JSON.stringify(text);
}
