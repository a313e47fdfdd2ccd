import type { Cause } from './inconclusive';

/** A request to the deployed system, and its answer. */
export interface Row {
  /** Groups the rows that prove the same behavior; docs/verify.md lists them. */
  readonly number: number;
  /** Who connected to what. */
  readonly what: string;
  readonly way: 'public route' | 'proxy' | 'direct';
  readonly expected: string;
  readonly seen: string;
  /** The status that a site or proxy answered with. */
  readonly status?: number;
  readonly milliseconds: number;
  readonly ok: boolean;
  /** Why the answer says nothing about the system: the row then neither passes nor fails. */
  readonly inconclusive?: Cause;
}

/** The system's promises that rows prove, by number. */
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
