/** The application's session cookie, which makes the router send its client to one instance. */
const SESSION = 'JSESSIONID';
const INSTANCE = '__VCAP_ID__';

/** Attributes that the router's cookie copies from the session's. */
const SHARED = /^(secure|samesite|expires|partitioned)(=|$)/i;

/** The instance that a client has a session with. */
export function sessionInstance(cookies = ''): string | undefined {
  if (!cookies.includes(INSTANCE)) return undefined;
  const pairs = new Map(
    cookies.split(';').map((cookie) => {
      const [name = '', ...value] = cookie.trim().split('=');
      return [name, value.join('=')];
    }),
  );
  return pairs.has(SESSION) ? pairs.get(INSTANCE) : undefined;
}

export interface StickyAnswer {
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
