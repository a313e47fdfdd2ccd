const MILLISECONDS_OF_A_DAY = 24 * 60 * 60 * 1000;

/**
 * Checks a day in UTC, written `2026-12-31`. In this form, days compare correctly as text.
 *
 * @throws unless it is a calendar day
 */
export function checkDay(day: string): string {
  const date = /^\d{4}-\d{2}-\d{2}$/.test(day) ? new Date(`${day}T00:00:00Z`) : undefined;
  if (date === undefined || Number.isNaN(date.getTime()) || dayOf(date) !== day) {
    throw new Error(`'${day}' is not a day of the calendar: write year, month and day, as in 2026-12-31`);
  }
  return day;
}

/** The UTC day of a point in time. */
export function dayOf(time: Date): string {
  return time.toISOString().slice(0, 10);
}

/** The number of days from one day to another; negative if the second one is earlier. */
export function daysBetween(from: string, to: string): number {
  return (Date.parse(to) - Date.parse(from)) / MILLISECONDS_OF_A_DAY;
}

/** Whether something with this last day is over on the given day. Without a last day it never is. */
export function isOver(last: string | undefined, today: string): boolean {
  return last !== undefined && last < today;
}
