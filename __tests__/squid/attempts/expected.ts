/** This proxy's results for attempts, and results that mean an attempt got through. */

/** This proxy's error pages, for refused requests and refused tunnels. */
export const NOT_LISTED = '403 ERR_NOT_LISTED';
export const TUNNEL_NOT_LISTED = '407 ERR_NOT_LISTED';
export const PRIVATE = '403 ERR_PRIVATE_ADDRESS';
export const TUNNEL_PRIVATE = '407 ERR_PRIVATE_ADDRESS';
export const METHOD = '403 ERR_METHOD';
export const INVALID = '400 ERR_INVALID_URL';

/** The proxy saw the hidden request, and checked it separately. */
export const CHECKED = `reached www.example.org, ${NOT_LISTED}`;
export const REACHED_OTHER = /reached www\.example\.net|stranger/;
export const REACHED = 'reached www.example.org';

/** Neither side closes the connection, so it ends after a silence. */
export const STAYS_OPEN = { slow: true } as const;
