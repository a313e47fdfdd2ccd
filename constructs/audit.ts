/**
 * That a list refuses nothing, and tells the log what it would have: for ever with `true`, which the checks take for an error,
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

/** The day of the calendar, UTC, as an audit's end is written. */
export function dayOf(time: Date): string {
  return time.toISOString().slice(0, 10);
}

/** Whether it is over on a day. */
export function hasEnded(audit: Audit, today: string): boolean {
  return audit !== true && audit.until < today;
}

/** The one that ends later. */
export function later(some: Audit, other: Audit): Audit {
  return some === true || other === true ? true : some.until < other.until ? other : some;
}

/** As part of a sentence. */
export function describeAudit(audit: Audit): string {
  return audit === true ? 'audit mode without an end' : `audit mode until ${audit.until}`;
}

function checkDay(day: string): string {
  const date = /^\d{4}-\d{2}-\d{2}$/.test(day) ? new Date(`${day}T00:00:00Z`) : undefined;
  if (date === undefined || Number.isNaN(date.getTime()) || dayOf(date) !== day) {
    throw new Error(`'${day}' is not a day for an audit to end: write year, month and day, as in 2026-12-31`);
  }
  return day;
}
