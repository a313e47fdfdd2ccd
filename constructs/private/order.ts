import { dependable, type TerraformResource, TerraformStack } from 'cdktf';
import type { IConstruct } from 'constructs';

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
