import { TerraformStack } from 'cdktf';
import type { IConstruct } from 'constructs';

/**
 * What the program tells the review beside the resources. It lies in the stack's comments, which the engine ignores: a
 * note changes nothing that is deployed, and yet it is in the synthesized stack that the review reads.
 */
export interface Notes {
  readonly acknowledged: readonly { readonly rule: string; readonly path: string; readonly reason: string }[];
  /** Security groups of spaces that the code does not own, as `org/space`. */
  readonly claims: readonly { readonly space: string; readonly groups: readonly string[] }[];
}

const TYPE = 'space-egress';

/** Adds a note to the stack that a construct is in. */
export function note<Kind extends keyof Notes>(scope: IConstruct, kind: Kind, entry: Notes[Kind][number]): void {
  const stack = TerraformStack.of(scope);
  stack.node.addMetadata(`${TYPE}:${kind}`, entry);
  stack.addOverride(
    `//.${TYPE}.${kind}`,
    stack.node.metadata.filter(({ type }) => type === `${TYPE}:${kind}`).map(({ data }) => data as Notes[Kind][number]),
  );
}
