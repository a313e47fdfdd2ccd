/**
 * Limits for clients of all HTTP servers here: one idle connection costs little, but thousands that never end affect
 * everyone. Without a limit for the whole request, Node.js has none for its headers.
 */
export const SERVER_LIMITS = {
  /** Milliseconds to receive a request's headers, from the connection or, if it is reused, from the first byte. */
  headersTimeout: 15_000,
  /** Milliseconds between checks for late clients. */
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

/** A pull fails if the registry is silent for this long; the engine itself would wait forever. */
export const REGISTRY_SILENCE_MS = 120_000;

/** Concurrent tunnels into one instance; each needs a process and half a MiB in the holder. */
export const MOST_TUNNELS = 24;

/** The time between TERM and KILL, as on the platform. */
export const GRACE_PERIOD_MS = 10_000;

/** How long a stopping instance stays in DNS and the router. */
export const DRAIN_DELAY_MS = 1000;

/**
 * Restarts of a crashed instance: how many at once, then the delays in milliseconds, which double, and the most in all.
 * After `reset` milliseconds of running, the count starts over.
 *
 * @see https://docs.cloudfoundry.org/devguide/deploy-apps/app-lifecycle.html#crash-events
 */
export const RESTARTS = {
  immediate: 3,
  firstDelay: 30_000,
  longestDelay: 16 * 60_000,
  most: 200,
  reset: 5 * 60_000,
} as const;

/** Network policies per source application, unless an admin creates them. */
export const MOST_POLICIES = 150;

const MEBIBYTE = 1024 * 1024;

/** Limits of recent logs per application, and in total. They are in memory; the platform keeps more. */
export const LOG_LIMITS = { lines: 10_000, bytes: 4 * MEBIBYTE, total: 32 * MEBIBYTE } as const;
