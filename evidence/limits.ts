/** How much the evidence report shows, and how long a store is tried. */

/** Rows of a table that grows with time; the store has them all. */
export const MOST_ROWS = 200;

/** How often a record is appended again because another writer was first. */
export const APPEND_TRIES = 1000;

/** Missing records that are named behind the last one: a head may name any number. */
export const MOST_MISSING = 10_000;

/** How far back a report looks that is not told since when, as `--since` takes it. */
export const DEFAULT_SINCE = '6m';
