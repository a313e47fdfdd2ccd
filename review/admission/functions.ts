import { type Expression, named, Refusal } from './expression';

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

/**
 * Functions that may be called. None reads a file, sends anything or removes the mark of a sensitive value. Those that
 * take a secret return a marked value and succeed or fail alike for every secret, because everybody can see whether a
 * plan fails.
 */
const PUBLIC = new Set(
  `base64encode coalesce compact concat contains distinct element flatten format keys length lookup lower max merge min
   range replace reverse sort split title tolist tomap tonumber toset tostring trim trimprefix trimspace trimsuffix upper
   values`.split(/\s+/),
);
const SECRET = new Set(['base64sha256', 'bcrypt', 'join', 'jsonencode', 'sha256', 'substr']);

/** Cost of bcrypt: each step doubles the time. */
const COSTS = { from: 4, to: 10 };

/** How secret the result of a call is, given its arguments. */
export function levelOfCall(name: string, args: readonly Expression[], levels: readonly Level[]): Level {
  const level = asLevel(levels);
  if (PUBLIC.has(name)) {
    if (level !== 'public') throw new Refusal(`${name}() does not take a secret here`);
    return level;
  }
  if (!SECRET.has(name)) throw new Refusal(`${named(name)}() may not be called here`);
  if (name === 'bcrypt') checkCost(args);
  if (level === 'public') return level;
  if (name === 'substr' && args.slice(1).some(({ kind }) => kind !== 'literal'))
    throw new Refusal('substr() takes numbers');
  if (name !== 'bcrypt') return level;
  // It fails for more than 72 bytes, which would reveal something about the length of a secret.
  const [password] = args;
  if (password?.kind !== 'call' || password.name !== 'sha256') throw new Refusal('bcrypt() takes a sha256() here');
  return level === 'secret' ? 'hash' : level;
}

function checkCost([, cost, ...more]: readonly Expression[]): void {
  const rounds = cost?.kind === 'literal' && typeof cost.value === 'number' ? cost.value : 0;
  if (more.length > 0 || rounds < COSTS.from || rounds > COSTS.to)
    throw new Refusal(`bcrypt() takes a cost from ${COSTS.from} to ${COSTS.to}`);
}
