const MILLISECONDS_OF_A_DAY = 24 * 60 * 60 * 1000;

/**
 * The last day of what has an end, in UTC and written `2026-12-31`. So written, days compare as text.
 *
 * @throws unless it is one of the calendar
 */
export function checkDay(day: string): string {
  const date = /^\d{4}-\d{2}-\d{2}$/.test(day) ? new Date(`${day}T00:00:00Z`) : undefined;
  if (date === undefined || Number.isNaN(date.getTime()) || dayOf(date) !== day) {
    throw new Error(`'${day}' is not a day of the calendar: write year, month and day, as in 2026-12-31`);
  }
  return day;
}

/** The day that it is at a time, in UTC. */
export function dayOf(time: Date): string {
  return time.toISOString().slice(0, 10);
}

/** How many days it is from one day to another: 0 for the same, less than that for one before it. */
export function daysBetween(from: string, to: string): number {
  return (Date.parse(to) - Date.parse(from)) / MILLISECONDS_OF_A_DAY;
}

/** Whether what has this last day, or none, is over on a day. */
export function isOver(last: string | undefined, today: string): boolean {
  return last !== undefined && last < today;
}
