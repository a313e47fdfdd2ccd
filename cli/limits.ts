/** How long the command waits, how often it retries, and how much it shows. */

/** Concurrent requests to the platform's API. */
export const REQUESTS_AT_ONCE = 8;

export const REQUEST_TIMEOUT_MS = 60_000;

/** Attempts for a request that is answered with a status such as 503. */
export const REQUEST_TRIES = 4;

/** How long a command waits for a rate limit to reset. An hourly limit takes up to an hour. */
export const LONGEST_RATE_LIMIT_MS = 65 * 60_000;

export const JOB_TIMEOUT_MS = 60_000;

export const INSTANCES_TIMEOUT_MS = 90_000;

/**
 * Seconds that an instance must have been running: with a process health check, it counts as running until it exits.
 */
export const STEADY_SECONDS = 2;

/** Lines of a failed application's output that are shown. */
export const LOG_LINES = 15;

/** With at least this many refused hosts of one domain, the domain is suggested, too. */
export const HOSTS_OF_A_DOMAIN = 3;

/** Most rows of the traffic report: with more, browsers become noticeably slow. */
export const MOST_ROWS_ON_PAGE = 5_000;

/** Most days in the traffic report's chart: with more, the bars are too narrow to see. */
export const MOST_BARS = 400;

/** Memory of the task that connects from inside an application: a shell and one small program. */
export const TASK_MEMORY_MB = 128;
