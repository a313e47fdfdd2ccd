/**
 * How secret a value is, in order. A `hash` is bcrypt's of a secret, and marked as sensitive like a `secret`; what the engine
 * has kept of a hash is `unmarked`; `clear` is a secret without its mark, which may stand nowhere.
 */
const LEVELS = ['public', 'hash', 'secret', 'unmarked', 'clear'] as const;

export type Level = (typeof LEVELS)[number];

/** What is made of several is as secret as the most secret one. */
export function asLevel(levels: readonly Level[]): Level {
  return LEVELS[Math.max(0, ...levels.map((level) => LEVELS.indexOf(level)))] ?? 'clear';
}

export function isWithin(level: Level, most: Level): boolean {
  return LEVELS.indexOf(level) <= LEVELS.indexOf(most);
}
