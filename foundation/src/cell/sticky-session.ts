/** The cookie of an application's own session, which makes the router keep its client with one instance. */
const SESSION = 'JSESSIONID';
const INSTANCE = '__VCAP_ID__';

/** What the router's cookie has in common with the session's. */
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
  /** Of the route. */
  readonly path: string;
  /** What the request asked for; another one has answered where that is gone. */
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
    // What ends the session ends this as well.
    ...(attributes.some(isOver) ? ['Max-Age=0'] : []),
    'HttpOnly',
    ...attributes.slice(1).filter((attribute) => SHARED.test(attribute)),
  ].join('; ');
}

function isOver(attribute: string): boolean {
  const [, seconds] = /^max-age=(-?\d+)$/i.exec(attribute) ?? [];
  return seconds !== undefined && Number(seconds) <= 0;
}
