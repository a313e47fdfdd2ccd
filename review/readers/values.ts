import { randomUUID } from 'node:crypto';
import { lazily } from '../model/lazily';

/** Why a value is not there yet that the configuration gives by way of another resource. */
export const LATER = 'known after apply';
/** Why a value is not there yet of which the configuration says nothing. */
export const SET_LATER = 'set by the platform at the apply';

/** Something in a plan or a tree that has no value yet, or one that may not be shown. */
export class Unresolved {
  /** Equal for the same expression, or the same hidden value, before and after. */
  declare readonly token: string;

  /** @param token may be worked out when it is asked for, which the checks of most do not */
  constructor(
    token: string | (() => string),
    readonly because: string,
    /** What the expression refers to. */
    readonly references: readonly Reference[] = [],
    /** The value is exactly what the one reference says. */
    readonly exact = false,
    /** Whatever it is, it is a text that is not empty. */
    readonly filled = false,
    /** Whatever it is, it is a text of one word. */
    readonly word = false,
  ) {
    lazily(['token'], () => (typeof token === 'string' ? token : token()), this);
  }
}

/**
 * What the token of a value begins with that may not be shown, before its digest. It is another one whenever the review runs,
 * so that no text of a program can be taken for one.
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

/** One text for one value, in which a token stands for what is not known. */
export function canonical(value: Value): string {
  return typeof value === 'string'
    ? value
    : JSON.stringify(value, (_, inner: unknown) => (inner instanceof Unresolved ? { '\0token': inner.token } : inner));
}

/**
 * A resource or data source as the readers give it, of any provider. What is no resource and yet decides what an apply does,
 * as a module that could not be read or a provisioner, is one of the type of its block.
 */
export interface Resource {
  readonly stack: string;
  readonly address: string;
  /** Of the construct, where the program is known. */
  readonly path?: string;
  readonly managed: boolean;
  readonly type: string;
  /** `cloudfoundry/cloudfoundry`: the provider's address without a registry that both engines take for granted. */
  readonly provider?: string;
  readonly values: Readonly<Record<string, Value>>;
}
