const UNITS = ['B', 'KB', 'MB', 'GB', 'TB', 'PB'] as const;

/** A readable number of bytes: `1.2 GB`. */
export function bytes(count: number): string {
  let unit = 0;
  let left = count;
  for (; left >= 999.5 && unit < UNITS.length - 1; unit += 1) left /= 1000;
  return `${unit === 0 || left >= 99.5 ? Math.round(left) : Number(left.toPrecision(2))} ${UNITS[unit]}`;
}

export function whole(count: number): string {
  return count.toLocaleString('en');
}
