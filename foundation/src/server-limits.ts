/**
 * What every HTTP server here asks of its clients. A connection that says nothing costs little; thousands that never end
 * cost everybody else. Node.js has no limit at all for the head of a request where it has none for the whole.
 */
export const SERVER_LIMITS = {
  /** Milliseconds from the connection, or the end of the request before, until a request's head is there. */
  headersTimeout: 15_000,
  /** Milliseconds between two looks at who is late. */
  connectionsCheckingInterval: 2000,
} as const;
