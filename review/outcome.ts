/** The outcome of a check: it holds, it doesn't, or it couldn't be determined, which counts as neither. */
export const OUTCOMES = ['as expected', 'not as expected', 'inconclusive'] as const;
export type Outcome = (typeof OUTCOMES)[number];
