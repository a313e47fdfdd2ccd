import type { TerraformResource } from 'cdktf';
import type { IConstruct } from 'constructs';
import type { ClientAccess, ProxyCredentials } from '../proxy-clients';

// What constructs of this library know of each other and nobody else need know. By a symbol that all copies of the library
// share, so that it works between two that an installation has.

const READY = Symbol.for('space-egress/ready');
const ADMIT = Symbol.for('space-egress/admit');

type Admit = (client: string, owner: string, access: ClientAccess) => ProxyCredentials | undefined;

/** Says what must be there before something is made in or behind a construct. A construct of which it is said is made here. */
export function setReady(construct: IConstruct, resources: readonly TerraformResource[]): void {
  Object.defineProperty(construct, READY, { value: resources });
}

/** What must be there before; nothing for a construct that only refers to something. */
export function readyOf(construct: IConstruct): readonly TerraformResource[] {
  return (construct as { readonly [READY]?: readonly TerraformResource[] })[READY] ?? [];
}

/** Whether this program makes the construct, and does not only refer to something. */
export function isMade(construct: IConstruct): boolean {
  return READY in construct;
}

/** Lets the applications of a stack make themselves known to its proxy. */
export function setAdmission(proxy: IConstruct, admit: Admit): void {
  Object.defineProperty(proxy, ADMIT, { value: admit });
}

/** How a proxy comes to know a client; undefined for one that is not this program's to configure. */
export function admissionOf(proxy: IConstruct): Admit | undefined {
  return (proxy as { readonly [ADMIT]?: Admit })[ADMIT];
}
