import { randomUUID } from 'node:crypto';
import { sha256 } from '../model/fingerprint';
import { lazily, remember } from '../model/maps';

/** Why a value that the configuration takes from another resource isn't known yet. */
export const LATER = 'known after apply';
/** Why a value that the configuration doesn't set isn't known yet. */
export const SET_LATER = 'set by the platform at the apply';

/** A value in a plan or tree that isn't known yet or may not be shown. */
export class Unresolved {
  /** Equal before and after for the same expression or the same hidden value. */
  declare readonly token: string;

  /** @param token may be computed lazily, because most checks don't need it */
  constructor(
    token: string | (() => string),
    readonly because: string,
    /** What the expression refers to. */
    readonly references: readonly Reference[] = [],
    /** Whether the value is exactly that of the one reference. */
    readonly exact = false,
    /** Whether it is certainly a nonempty text. */
    readonly filled = false,
    /** Whether it is certainly a text of one word. */
    readonly word = false,
  ) {
    lazily(['token'], () => (typeof token === 'string' ? token : token()), this);
  }
}

/**
 * Prefix of the token of a value that may not be shown, followed by its hash. It differs in every run, so that no text
 * of a program can imitate it.
 */
export const SENSITIVE = `sensitive ${randomUUID()} `;

export function isSensitive(token: string): boolean {
  return token.startsWith(SENSITIVE);
}

export interface Reference {
  readonly stack: string;
  /** `cloudfoundry_app.Web`, `data.cloudfoundry_space.Home`, `module.a.cloudfoundry_app.web[0]` */
  readonly address: string;
  readonly attribute: string;
}

export type Value =
  null | boolean | number | string | Unresolved | readonly Value[] | { readonly [key: string]: Value };

export function isObject(value: unknown): value is Readonly<Record<string, Value>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Unresolved);
}

export function listOf(value: Value | undefined): readonly Value[] {
  return Array.isArray(value) ? (value as readonly Value[]) : [];
}

/** One text per value, in which tokens stand for unknown parts. */
export function canonical(value: Value): string {
  return typeof value === 'string'
    ? value
    : JSON.stringify(value, (_, inner: unknown) => (inner instanceof Unresolved ? { '\0token': inner.token } : inner));
}

/**
 * A resource or data source of any provider, as the readers return it. Anything else that affects an apply, such as a
 * module that couldn't be read or a provisioner, has the type of its block.
 */
export interface Resource {
  readonly stack: string;
  readonly address: string;
  /** The path of the construct, if the program is known. */
  readonly path?: string;
  readonly managed: boolean;
  readonly type: string;
  /** `cloudfoundry/cloudfoundry`: the provider's address, without a registry that both engines use by default. */
  readonly provider?: string;
  readonly values: Readonly<Record<string, Value>>;
}

/** Prefix of a token that a sensitive value contributes to. */
export const HIDDEN = 'hidden ';

/**
 * Stands for a text that isn't shown, such as the token of an unknown. It contains nothing of a sensitive value,
 * because a short one could be guessed from its hash.
 */
export function stamp(text: string): string {
  const masked = text.replace(DIGEST, 'sensitive ').replaceAll(SENSITIVE, 'sensitive ');
  const hash = sha256(masked);
  return masked !== text || masked.includes(HIDDEN) ? `${HIDDEN}${hash}` : hash;
}

const DIGEST = new RegExp(`${SENSITIVE}[0-9a-f]{64}`, 'g');

type Conversion = (value: Value) => Value;

const TRUTHS: ReadonlyMap<Value, boolean> = new Map([
  ...['true', '1'].map((text) => [text, true] as const),
  ...['false', '0'].map((text) => [text, false] as const),
]);
const truth: Conversion = (value) => TRUTHS.get(value) ?? value;
const number: Conversion = (value) => (typeof value === 'string' && /^-?[0-9]+$/.test(value) ? Number(value) : value);
const text: Conversion = (value) => (typeof value === 'number' || typeof value === 'boolean' ? `${value}` : value);

/** Boolean attributes of the provider that the review uses. */
const FLAGS = [
  ...['allow_ssh', 'enable_ssh', 'globally_enabled_running', 'globally_enabled_staging'],
  ...['internal', 'random_route'],
];

/** Attributes that aren't texts. */
const CONVERSIONS: ReadonlyMap<string, Conversion> = new Map([
  ...FLAGS.map((name) => [name, truth] as const),
  ...['destinations.port', 'rules.code', 'rules.type'].map((name) => [name, number] as const),
]);

/** Whether a value is valid for an attribute, if that is boolean. */
export function isFlag(name: string, value: Value): boolean {
  const isTold = value === null || value instanceof Unresolved || typeof truth(value) === 'boolean';
  return isTold || !FLAGS.includes(name);
}

/** The attributes of a resource as the engine passes them to the provider. */
export function scalarsOf(values: Resource['values']): Resource['values'] {
  return remember(CONVERTED, values, () => lazily(Object.keys(values), (name) => scalars(values[name] ?? null, name)));
}

/** Most resources of a plan are the same before and after it. */
const CONVERTED = new WeakMap<Resource['values'], Resource['values']>();

/**
 * A value as the engine passes it to the provider: it converts `"true"` to true, and 8080 to a text where one is
 * expected.
 */
function scalars(value: Value, path = ''): Value {
  if (Array.isArray(value)) return value.map((each: Value) => scalars(each, path));
  if (typeof value !== 'object' || value === null || value instanceof Unresolved) {
    return (CONVERSIONS.get(path) ?? text)(value);
  }
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [name, scalars(inner, path === '' ? name : `${path}.${name}`)]),
  );
}
