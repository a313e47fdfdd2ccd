/** Of a check: what must be is, is not, or could not be told, which is neither of the other two. */
export const OUTCOMES = ['as expected', 'not as expected', 'inconclusive'] as const;
export type Outcome = (typeof OUTCOMES)[number];
