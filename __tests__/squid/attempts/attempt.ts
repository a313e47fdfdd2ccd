import type { Way } from './ways';

/** Something that a client tries on a proxy with the list and the names in `setting.ts`. */
export interface Attempt {
  /** Its row in squid/docs/attacks.md; unique in its group. */
  readonly what: string;
  readonly send: Way;
  /** The result with this proxy. */
  readonly expected: string | RegExp;
  /** Outcomes that mean it got through; undefined for requests that must work. */
  readonly through?: RegExp;
  /** Whether it mostly waits, so that it can run in parallel with others. */
  readonly slow: boolean;
}

/** Attempts that have something in common. */
export interface Group {
  readonly title: string;
  readonly attempts: readonly Attempt[];
}

type Row = readonly [what: string, send: Way, expected: string | RegExp, options?: Partial<Attempt>];

const groupOf = (title: string, rows: readonly Row[], common: Partial<Attempt>): Group => ({
  title,
  attempts: rows.map(([what, send, expected, own]) => ({ what, send, expected, slow: false, ...common, ...own })),
});

/** Unless a row says otherwise, an attempt that reaches any host gets through. */
export const attempts = (title: string, rows: readonly Row[]): Group => groupOf(title, rows, { through: /reached/ });

/** Requests that must work, because otherwise a refusal means nothing. */
export const services = (title: string, rows: readonly Row[]): Group => groupOf(title, rows, {});

export const gotThrough = ({ through }: Attempt, outcome: string): boolean => through?.test(outcome) ?? false;
