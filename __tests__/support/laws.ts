import fc from 'fast-check';

/**
 * How many random cases a slow law draws: few in the unit stage, which draws others each time, and `LAW_RUNS` times as
 * many in `npm run test:laws`.
 */
export const drawn = (few: number): { readonly numRuns: number } => ({
  numRuns: few * Number(process.env.LAW_RUNS ?? 1),
});

const SURROGATES = { first: 0xd800, count: 0x800 };

/** Any code point, for texts: fast-check's own units for that take a second to set up. */
export const codePoint = fc
  .nat({ max: 0x10ffff - SURROGATES.count })
  .map((code) => String.fromCodePoint(code < SURROGATES.first ? code : code + SURROGATES.count));
