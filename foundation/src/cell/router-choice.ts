import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { dirname, join } from 'node:path';
import type { Endpoint, PublicRoute } from './directory';
import {
  endpointFailure,
  type Exchange,
  hostOf,
  pathOf,
  type RouterError,
  valuesOf,
  withHeaders,
  withoutPort,
} from './router-exchange';

/** The application's session cookie, which makes the router send its client to one instance. */
const SESSION = 'JSESSIONID';
const INSTANCE = '__VCAP_ID__';

/** Attributes that the router's cookie copies from the session's. */
const SHARED = /^(secure|samesite|expires|partitioned)(=|$)/i;

/** The instance that a client has a session with. */
function sessionInstance(cookies = ''): string | undefined {
  if (!cookies.includes(INSTANCE)) return undefined;
  const pairs = new Map(
    cookies.split(';').map((cookie) => {
      const [name = '', ...value] = cookie.trim().split('=');
      return [name, value.join('=')];
    }),
  );
  return pairs.has(SESSION) ? pairs.get(INSTANCE) : undefined;
}

interface StickyAnswer {
  /** The values of `Set-Cookie` in the application's answer. */
  readonly cookies: readonly string[];
  readonly instanceGuid: string;
  /** The route's path. */
  readonly path: string;
  /** The instance that the request named; another has answered if it is gone. */
  readonly wanted: string | undefined;
}

/**
 * The cookie to set, if any.
 *
 * @see https://docs.cloudfoundry.org/concepts/http-routing.html#sessions
 */
export function sessionCookie({ cookies, instanceGuid, path, wanted }: StickyAnswer): string | undefined {
  const nameOf = (cookie: string): string => cookie.split('=', 1)[0]?.trim() ?? '';
  const session = cookies.find((cookie) => nameOf(cookie) === SESSION);
  const moved = wanted !== undefined && wanted !== instanceGuid;
  if ((session === undefined && !moved) || cookies.some((cookie) => nameOf(cookie) === INSTANCE)) return undefined;
  const attributes = (session ?? '').split(';').map((attribute) => attribute.trim());
  return [
    `${INSTANCE}=${instanceGuid}`,
    `Path=${path === '' ? '/' : path}`,
    // Ending the session also ends this cookie.
    ...(attributes.some(isOver) ? ['Max-Age=0'] : []),
    'HttpOnly',
    ...attributes.slice(1).filter((attribute) => SHARED.test(attribute)),
  ].join('; ');
}

function isOver(attribute: string): boolean {
  const [, seconds] = /^max-age=(-?\d+)$/i.exec(attribute) ?? [];
  return seconds !== undefined && Number(seconds) <= 0;
}

/** Headers that a route service gets and sends back. They are encrypted and can't be forged. */
interface SignatureHeaders {
  readonly signature: string;
  readonly metadata: string;
}

const CIPHER = 'aes-256-gcm';
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** Milliseconds that a route service has, as on the platform. */
const LIFETIME = 60_000;

/**
 * Proves that a request has passed its route service: holds the route, and when the request was sent there.
 *
 * @see https://docs.cloudfoundry.org/services/route-services.html#headers
 */
export class RouteServiceSignature {
  public constructor(
    private readonly key: Buffer,
    private readonly now: () => number = Date.now,
  ) {}

  /** Loads the key, or creates it at the first start, so signatures stay valid across restarts. */
  public static async load(dataDir: string): Promise<RouteServiceSignature> {
    const path = join(dataDir, 'router', 'route-services.key');
    const kept = await readFile(path).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      return undefined;
    });
    // A truncated key was never used.
    if (kept?.length === KEY_BYTES) return new RouteServiceSignature(kept);
    const made = randomBytes(KEY_BYTES);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, made, { mode: 0o600 });
    return new RouteServiceSignature(made);
  }

  public sign(route: string): SignatureHeaders {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(CIPHER, this.key, nonce);
    const content = JSON.stringify({ route, time: this.now() });
    const sealed = Buffer.concat([cipher.update(content, 'utf8'), cipher.final(), cipher.getAuthTag()]);
    const metadata = JSON.stringify({ nonce: nonce.toString('base64') });
    return { signature: sealed.toString('base64url'), metadata: Buffer.from(metadata).toString('base64url') };
  }

  /** The signed route; `undefined` for an invalid or expired signature. */
  public verify(headers: SignatureHeaders): string | undefined {
    try {
      const { route, time } = JSON.parse(this.open(headers)) as { route: string; time: number };
      return this.now() - time <= LIFETIME ? route : undefined;
    } catch {
      return undefined;
    }
  }

  private open({ signature, metadata }: SignatureHeaders): string {
    const { nonce } = JSON.parse(Buffer.from(metadata, 'base64url').toString('utf8')) as { nonce: string };
    const sealed = Buffer.from(signature, 'base64url');
    const decipher = createDecipheriv(CIPHER, this.key, Buffer.from(nonce, 'base64'), { authTagLength: TAG_BYTES });
    decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
    return Buffer.concat([decipher.update(sealed.subarray(0, -TAG_BYTES)), decipher.final()]).toString('utf8');
  }
}

/** The instances to try, in order. */
export interface Candidates {
  readonly endpoints: readonly Endpoint[];
  readonly route: PublicRoute;
  /** The instance that the client has a session with. */
  readonly wanted?: string;
  /** Set for the instances of a route service, which has no sessions. */
  readonly sessionless?: boolean;
}

type Choice = Candidates | RouterError;

/** A request, and the instances to send it to. */
interface Leg {
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
