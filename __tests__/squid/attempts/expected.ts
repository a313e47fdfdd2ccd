/** What this proxy makes of an attempt, and what would be a way through. */

/** Pages of this proxy: a refused request's, and a refused tunnel's. */
export const NOT_LISTED = '403 ERR_NOT_LISTED';
export const TUNNEL_NOT_LISTED = '407 ERR_NOT_LISTED';
export const PRIVATE = '403 ERR_PRIVATE_ADDRESS';
export const TUNNEL_PRIVATE = '407 ERR_PRIVATE_ADDRESS';
export const METHOD = '403 ERR_METHOD';
export const INVALID = '400 ERR_INVALID_URL';

/** The hidden request was seen, and checked by itself. */
export const CHECKED = `reached www.example.org, ${NOT_LISTED}`;
export const REACHED_OTHER = /reached www\.example\.net|stranger/;
export const REACHED = 'reached www.example.org';

/** Nobody ends it, so that silence does. */
export const STAYS_OPEN = { slow: true } as const;
