import type { Cause } from './inconclusive';

/** One question put to the deployed system, and its answer. */
export interface Row {
  /** Groups the rows that prove one behaviour; docs/verify.md lists them. */
  readonly number: number;
  /** Who asked whom. */
  readonly what: string;
  readonly way: 'public route' | 'proxy' | 'direct';
  readonly expected: string;
  readonly seen: string;
  /** Of the answer, by a site or a proxy. */
  readonly status?: number;
  readonly milliseconds: number;
  readonly ok: boolean;
  /** Why the answer says nothing about the system: then it is not ok, and not wrong either. */
  readonly inconclusive?: Cause;
}

/** The behaviours by number: which of the system's promises a row stands for. */
export const BEHAVIOURS = {
  page: 1,
  objectThroughProxy: 2,
  objectDirectly: 3,
  allowedSite: 4,
  siteNotListed: 5,
  portNotListed: 6,
  privateAddress: 7,
  otherApplication: 8,
  noPublicRoute: 9,
  noWayOut: 16,
} as const;
