/**
 * What every HTTP server here asks of its clients. A connection that says nothing costs little; thousands that never end
 * cost everybody else. Node.js has no limit at all for the head of a request where it has none for the whole.
 */
export const SERVER_LIMITS = {
  /** Milliseconds until a request's head is there, from the connection, or from the first byte where it was kept. */
  headersTimeout: 15_000,
  /** Milliseconds between two looks at who is late. */
  connectionsCheckingInterval: 2000,
} as const;
/**
 * Memory and disk of staging.
 *
 * @see https://docs.cloudfoundry.org/concepts/how-applications-are-staged.html
 */
export const STAGING_MEMORY_MB = 1024;

export const STAGING_DISK_MB = 4096;

/** As on the platform. */
export const STAGING_TIMEOUT_MS = 900_000;

/** A registry that sends nothing for so long is given up; the engine itself would wait forever. */
export const REGISTRY_SILENCE_MS = 120_000;

/** Tunnels into one instance at once: each takes a process and half a MiB of the container that holds its network. */
export const MOST_TUNNELS = 24;

/** What an instance has between TERM and KILL, as on the platform. */
export const GRACE_PERIOD_MS = 10_000;

/** How long an instance that is being stopped stays in DNS and the router. */
export const DRAIN_DELAY_MS = 1000;

/** Network policies from one application, unless an admin makes them. */
export const MOST_POLICIES = 150;

const MEBIBYTE = 1024 * 1024;

/** The recent log of one application, and of all. The platform keeps more of each; here it is in memory. */
export const LOG_LIMITS = { lines: 10_000, bytes: 4 * MEBIBYTE, total: 32 * MEBIBYTE } as const;
