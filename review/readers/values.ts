import { randomUUID } from 'node:crypto';
import { sha256 } from '../model/fingerprint';
import { lazily } from '../model/maps';

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
  const told = text.replace(DIGEST, 'sensitive ').replaceAll(SENSITIVE, 'sensitive ');
  const hash = sha256(told);
  return told !== text || told.includes(HIDDEN) ? `${HIDDEN}${hash}` : hash;
}

const DIGEST = new RegExp(`${SENSITIVE}[0-9a-f]{64}`, 'g');
