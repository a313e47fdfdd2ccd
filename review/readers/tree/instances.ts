import { isConstant } from '../expressions/functions';
import type { Json } from '../json';
import { isObject, type Value } from '../values';

/** One of the resources that a block with `count` or `for_each` creates; without either, the only one. */
export interface Instance {
  /** `[0]`, `["a"]` */
  readonly suffix: string;
  readonly count?: number;
  readonly each?: Readonly<Record<'key' | 'value', Value>>;
}

export const ONLY: Instance = { suffix: '' };
/** More than any real block creates; beyond this, instances aren't distinguished. */
const MOST = 1000;

/** The arguments that create several instances, as far as they are set. */
export function repetition(body: Json): Json {
  return Object.fromEntries(
    ['count', 'for_each'].flatMap((name) => ((body[name] ?? null) === null ? [] : [[name, body[name]]])),
  );
}

/** Undefined if their number isn't known before the apply. */
export function instancesOf(body: Json, evaluate: (written: unknown) => Value): readonly Instance[] | undefined {
  const repeated = repetition(body);
  const [first, second] = Object.entries(repeated);
  if (first === undefined) return [ONLY];
  if (second !== undefined) return undefined;
  const value = evaluate(first[1]);
  const instances = first[0] === 'count' ? counted(value) : eachOf(value);
  return instances === undefined || instances.length > MOST ? undefined : instances;
}

function counted(value: Value): Instance[] | undefined {
  const count = typeof value === 'string' && /^[0-9]+$/.test(value) ? Number(value) : value;
  if (typeof count !== 'number' || !Number.isInteger(count) || count < 0 || count > MOST) return undefined;
  return Array.from({ length: count }, (_, index) => ({ suffix: `[${index}]`, count: index }));
}

function eachOf(value: Value): Instance[] | undefined {
  const instance = (key: string, each: Value): Instance => ({
    suffix: `[${JSON.stringify(key)}]`,
    each: { key, value: each },
  });
  if (isObject(value)) return Object.entries(value).map(([key, each]) => instance(key, each));
  if (!Array.isArray(value) || !isConstant(value)) return undefined;
  const keys = new Set(value.map(String));
  return [...keys].map((key) => instance(key, key));
}
