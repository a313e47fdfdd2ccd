/** How long the command waits, how often it asks again, and how much it shows. */

/** Requests to the platform's API at once. */
export const REQUESTS_AT_ONCE = 8;

export const REQUEST_TIMEOUT_MS = 60_000;

/** How often a request is sent that gets an answer such as 503. */
export const REQUEST_TRIES = 4;

/** How long a command waits for a rate limit to end. One that counts by the hour takes up to an hour to start again. */
export const LONGEST_RATE_LIMIT_MS = 65 * 60_000;

/** How long a job of the platform may take. */
export const JOB_TIMEOUT_MS = 60_000;

/** How long instances may take to run. */
export const INSTANCES_TIMEOUT_MS = 90_000;

/** Seconds that an instance must have run: one whose health check is its process alone runs until that ends. */
export const STEADY_SECONDS = 2;

/** Lines that are shown of what a failed application printed last. */
export const LOG_LINES = 15;

/** Refused hosts of one domain from which on the domain is offered, too. */
export const HOSTS_OF_A_DOMAIN = 3;

/** Rows of the traffic report: a browser takes noticeably long to show more. */
export const MOST_ROWS_ON_PAGE = 5_000;

/** Days in the chart of the traffic report: in a longer one, no bar is wide enough to see. */
export const MOST_BARS = 400;

/** Memory of the task that asks from inside an application: a shell and one small program beside it. */
export const TASK_MEMORY_MB = 128;
