import { checkDay, isOver } from './day';

/**
 * That a list refuses nothing, and tells the log what it would have: forever with `true`, which the checks take for an error,
 * or until the end of a day (UTC), written `2026-12-31`. After that day the proxy refuses again by itself.
 */
export type Audit = true | { readonly until: string };

const LINE = /^audit(?: until (.*))?$/;

/** The line of the list that the proxy reads. @throws unless the day is one of the calendar */
export function auditLine(audit: Audit): string {
  return audit === true ? 'audit' : `audit until ${checkDay(audit.until)}`;
}

/** Reads such a line; undefined for a line that is about something else. @throws as {@link auditLine} does */
export function readAudit(line: string): Audit | undefined {
  const [found, until] = LINE.exec(line) ?? [];
  if (found === undefined) return undefined;
  return until === undefined ? true : { until: checkDay(until) };
}

/** Whether it is over on a day. */
export function hasEnded(audit: Audit, today: string): boolean {
  return audit !== true && isOver(audit.until, today);
}

/** The one that ends later. */
export function later(some: Audit, other: Audit): Audit {
  return some === true || other === true ? true : some.until < other.until ? other : some;
}

/** As part of a sentence. */
export function describeAudit(audit: Audit): string {
  return audit === true ? 'audit mode without an end' : `audit mode until ${audit.until}`;
}
