/**
 * How secret a value is, in ascending order. A `hash` is the bcrypt hash of a secret and is marked sensitive like a
 * `secret`. A hash that the engine has stored is `unmarked`. `clear` is a secret that has lost its mark, which is
 * allowed nowhere.
 */
const LEVELS = ['public', 'hash', 'secret', 'unmarked', 'clear'] as const;

export type Level = (typeof LEVELS)[number];

/** A combination is as secret as its most secret part. */
export function asLevel(levels: readonly Level[]): Level {
  return LEVELS[Math.max(0, ...levels.map((level) => LEVELS.indexOf(level)))] ?? 'clear';
}

export function isWithin(level: Level, most: Level): boolean {
  return LEVELS.indexOf(level) <= LEVELS.indexOf(most);
}
