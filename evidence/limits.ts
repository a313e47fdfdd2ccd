/** How much the evidence report shows, and how often a write is retried. */

/** Rows of a table that grows over time; the store has all of them. */
export const MOST_ROWS = 200;

/** Attempts to append a record if another writer is first. */
export const APPEND_TRIES = 1000;

/** The most missing records that are listed for one gap, because a head or a foreign file may contain any number. */
export const MOST_MISSING = 10_000;

/** The default for `--since`: how far back a report looks. */
export const DEFAULT_SINCE = '6m';
