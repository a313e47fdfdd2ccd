/** How much the review reads, how much of it one comment or picture shows, and how early it warns. */

/** The largest plan that is read. One of 1,000 applications and 10,000 policies is half of this. */
export const LARGEST_PLAN_MIB = 64;

/** Levels of nesting. A plan has some twenty; a parser takes time and memory for each, long before it could refuse. */
export const DEEPEST_PLAN = 500;

/** Commits of a pull request whose authors are known: GitHub's API lists no more. */
export const MOST_COMMITS = 250;

/** Days before the end of a destination from which on the rules warn. */
export const WARNING_DAYS = 14;

/** Characters of a comment. GitHub refuses a longer one; the rest is for what the workflow writes around it. */
export const LONGEST_COMMENT = 65_536 - 1_024;

/** Rows of a table of the comment above which it is folded behind its title. */
export const MOST_OPEN_ROWS = 15;

/** Names that a sentence gives before it counts the rest. */
export const MOST_NAMES = 3;

/** Edges of the picture in a comment: nobody reads more. Those that changed stay. */
export const MOST_EDGES = 60;

/** Lines of text at one edge of that picture. */
export const MOST_EDGE_LINES = 4;

/** Lines of the organization's picture: above it, one stands for all ways between two spaces. */
export const MOST_LINES = 120;

/** Items of a list on the organization's page above which it is folded. */
export const MOST_LIST_ITEMS = 20;

/** Entries of a list in the text about an organization. The other formats have all of them. */
export const MOST_WORDS_IN_TEXT = 12;
