import type { IncomingMessage } from 'node:http';
import type { Endpoint, PublicRoute } from './directory';
import type { RouteServiceSignature } from './route-service-signature';
import { endpointFailure, type RouterError } from './router-answers';
import { hostOf, pathOf, withoutPort, type Exchange } from './router-exchange';
import { valuesOf, withHeaders } from './router-headers';
import { sessionInstance } from './sticky-session';

/** The instances to try, in order. */
export interface Candidates {
  readonly endpoints: readonly Endpoint[];
  readonly route: PublicRoute;
  /** The instance that the client has a session with. */
  readonly wanted?: string;
  /** Set for the instances of a route service, which has no sessions. */
  readonly sessionless?: boolean;
}

export type Choice = Candidates | RouterError;

/** A request, and the instances to send it to. */
export interface Leg {
  readonly exchange: Exchange;
  readonly choice: Choice;
}

export interface ChoiceOptions {
  /** Finds the route of a host, in lower case without port, and a path without query. */
  readonly match: (host: string, path: string) => PublicRoute | undefined;
  readonly signature: RouteServiceSignature;
}

/** As on the platform. */
const MAX_ATTEMPTS = 3;

const SIGNATURE = 'X-CF-Proxy-Signature';
const METADATA = 'X-CF-Proxy-Metadata';
const FORWARDED_URL = 'X-CF-Forwarded-Url';

const BAD_SIGNATURE: RouterError = { status: 400, message: 'Failed to validate Route Service Signature' };
const INSTANCE_HEADER = /^([^:\s]+):(\d+)$/;

/** Chooses the instances for a request: in rotation, by session, or by name, and of a route service first. */
export class RouterChoice {
  private readonly turns = new Map<string, number>();

  public constructor(private readonly options: ChoiceOptions) {}

  public firstLeg(exchange: Exchange): Leg {
    const choice = this.choose(exchange.incoming);
    return 'endpoints' in choice && choice.route.routeService !== undefined
      ? this.pastService(exchange, choice, choice.route.routeService)
      : { exchange, choice };
  }

  /**
   * Sends a request to its route service, or to the application if the request comes from there. The service must be a
   * route of this foundation: its URL is a user's choice, and the router never connects to the address it resolves to.
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
    // The service's own route may have a route service, too.
    return route.routeService === undefined
      ? { exchange: sent, choice: among }
      : this.pastService(sent, among, route.routeService);
  }

  public choose({ headers, url = '/' }: IncomingMessage): Choice {
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
      // A request that first goes to a route service does not count in the rotation.
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

  /** All instances in rotation: the session's first, if any, then the others, starting one further each time. */
  private inTurn({ key, endpoints }: PublicRoute, session?: string): readonly Endpoint[] {
    const first = endpoints.filter(({ instanceGuid }) => instanceGuid === session);
    const turn = (this.turns.get(key) ?? 0) % endpoints.length;
    if (first.length === 0) this.turns.set(key, turn + 1);
    return [...first, ...endpoints.slice(turn), ...endpoints.slice(0, turn)].slice(0, MAX_ATTEMPTS);
  }
}
