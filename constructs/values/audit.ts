import { checkDay, isOver } from './day';

/**
 * An audit: the list refuses nothing, and the log says what it would have refused. `true` has no end, which the checks
 * report as an error; `until` is the last day, in UTC, written `2026-12-31`. After that day the proxy refuses again
 * without a deployment.
 */
export type Audit = true | { readonly until: string };

const LINE = /^audit(?: until (.*))?$/;

/** The line that the proxy reads. @throws unless the day is a calendar day */
export function auditLine(audit: Audit): string {
  return audit === true ? 'audit' : `audit until ${checkDay(audit.until)}`;
}

/** Parses such a line; undefined if the line is something else. @throws as {@link auditLine} does */
export function readAudit(line: string): Audit | undefined {
  const [found, until] = LINE.exec(line) ?? [];
  if (found === undefined) return undefined;
  return until === undefined ? true : { until: checkDay(until) };
}

/** Whether the audit is over on the given day. */
export function hasEnded(audit: Audit, today: string): boolean {
  return audit !== true && isOver(audit.until, today);
}

/** Whichever ends later. */
export function later(some: Audit, other: Audit): Audit {
  return some === true || other === true ? true : some.until < other.until ? other : some;
}

/** Describes the audit as part of a sentence. */
export function describeAudit(audit: Audit): string {
  return audit === true ? 'audit mode without an end' : `audit mode until ${audit.until}`;
}
