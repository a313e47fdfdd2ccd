import type { Way } from './ways';

/** Something that a client does to a proxy with the list and the names of `setting.ts`. */
export interface Attempt {
  /** A row of squid/docs/attacks.md; unique in its group. */
  readonly what: string;
  readonly send: Way;
  /** What this proxy makes of it. */
  readonly expected: string | RegExp;
  /** Outcomes by which it got through; none for what a proxy is there for. */
  readonly through?: RegExp;
  /** Most of its time is waiting: to be started with the others of its kind. */
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

/** Unless a row says otherwise, to reach anybody is to get through. */
export const attempts = (title: string, rows: readonly Row[]): Group => groupOf(title, rows, { through: /reached/ });

/** What has to work, so that the rest says something. */
export const services = (title: string, rows: readonly Row[]): Group => groupOf(title, rows, {});

export const gotThrough = ({ through }: Attempt, outcome: string): boolean => through?.test(outcome) ?? false;
