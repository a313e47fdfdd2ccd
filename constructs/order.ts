import { dependable, type TerraformResource, TerraformStack } from 'cdktf';
import type { IConstruct } from 'constructs';

/**
 * Those of the resources that a resource in this scope can be ordered after with `depends_on`, which knows only its own
 * stack. Across stacks a reference orders the stacks, and with them everything in them.
 */
export function inSameStack(scope: IConstruct, resources: readonly TerraformResource[]): TerraformResource[] {
  const stack = TerraformStack.of(scope);
  return resources.filter((resource) => TerraformStack.of(resource) === stack);
}

/** `node.addDependency` leaves no trace in the output of cdktf: order is said on the resource. */
export function startAfter(resource: TerraformResource, first: readonly TerraformResource[]): void {
  const added = inSameStack(resource, first).map(dependable);
  resource.dependsOn = [...new Set([...(resource.dependsOn ?? []), ...added])];
}
