// What constructs of this library need to know about each other, and nobody else. Stored under symbols that all copies
// of the library share, so that it works between two copies in one installation.
import { dependable, type TerraformResource, TerraformStack } from 'cdktf';
import type { IConstruct } from 'constructs';
import type { ClientAccess, ProxyCredentials } from '../proxy-clients';

const READY = Symbol.for('space-egress/ready');
const ADMIT = Symbol.for('space-egress/admit');

type Admit = (client: string, owner: string, access: ClientAccess) => ProxyCredentials | undefined;

/**
 * Sets what must exist before anything is created in or after a construct. Marks the construct as created by this
 * program.
 */
export function setReady(construct: IConstruct, resources: readonly TerraformResource[]): void {
  Object.defineProperty(construct, READY, { value: resources });
}

/** What must exist before; empty for a construct that only refers to something. */
export function readyOf(construct: IConstruct): readonly TerraformResource[] {
  return (construct as { readonly [READY]?: readonly TerraformResource[] })[READY] ?? [];
}

/** Whether this program creates the construct's resources, instead of only referring to something. */
export function isMade(construct: IConstruct): boolean {
  return READY in construct;
}

/** Lets the applications of a stack register with its proxy. */
export function setAdmission(proxy: IConstruct, admit: Admit): void {
  Object.defineProperty(proxy, ADMIT, { value: admit });
}

/** The function that registers a client with a proxy; undefined if this program doesn't configure the proxy. */
export function admissionOf(proxy: IConstruct): Admit | undefined {
  return (proxy as { readonly [ADMIT]?: Admit })[ADMIT];
}

/**
 * The resources that a resource in this scope can name in `depends_on`, which can only refer to its own stack;
 * undefined if there are none. Across stacks, a reference orders the stacks, and with them everything in them.
 */
export function after(scope: IConstruct, resources: readonly TerraformResource[]): TerraformResource[] | undefined {
  const stack = TerraformStack.of(scope);
  const own = resources.filter((resource) => TerraformStack.of(resource) === stack);
  return own.length === 0 ? undefined : own;
}

/** `node.addDependency` has no effect on cdktf's output, so the order is set on the resource. */
export function startAfter(resource: TerraformResource, first: readonly TerraformResource[]): void {
  const added = after(resource, first)?.map(dependable);
  if (added !== undefined) resource.dependsOn = [...new Set([...(resource.dependsOn ?? []), ...added])];
}
