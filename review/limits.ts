/** How much the review reads, how much a comment or picture shows, and how early it warns. */

/** The largest plan that the review reads. A plan with 1,000 applications and 10,000 policies is half that size. */
export const LARGEST_PLAN_MIB = 64;

/**
 * The deepest nesting of a plan. Real plans have about twenty levels; a parser spends time and memory on each before it
 * could refuse.
 */
export const DEEPEST_PLAN = 500;

/** The number of commits of a pull request whose authors are known: GitHub's API lists no more. */
export const MOST_COMMITS = 250;

/** How many days before a destination expires the checks start to warn. */
export const WARNING_DAYS = 14;

/** The longest comment, in characters. GitHub refuses a longer one; the difference is for what the workflow adds. */
export const LONGEST_COMMENT = 65_536 - 1_024;

/** A table with more rows is folded in the comment. */
export const MOST_OPEN_ROWS = 15;

/** How many names a sentence lists before it counts the rest. */
export const MOST_NAMES = 3;

/** The most edges in a comment's picture. Changed edges are always shown. */
export const MOST_EDGES = 60;

/** The most lines of text at one edge of the picture. */
export const MOST_EDGE_LINES = 4;

/** The most lines in the picture of an organization. Above that, one line stands for all between two spaces. */
export const MOST_LINES = 120;

/** A list with more items is folded on the organization's page. */
export const MOST_LIST_ITEMS = 20;

/** The most entries of a list in the text about an organization. The other formats have all of them. */
export const MOST_WORDS_IN_TEXT = 12;
