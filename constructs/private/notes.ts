import { TerraformStack } from 'cdktf';
import type { IConstruct } from 'constructs';
import { NOTES, type Notes } from '../../review';

/** Adds a note for the review to the stack that a construct is in. */
export function note<Kind extends keyof Notes>(scope: IConstruct, kind: Kind, entry: Notes[Kind][number]): void {
  const stack = TerraformStack.of(scope);
  const type = `${NOTES}:${kind}`;
  stack.node.addMetadata(type, entry);
  stack.addOverride(
    `//.${NOTES}.${kind}`,
    stack.node.metadata.filter((each) => each.type === type).map(({ data }) => data as Notes[Kind][number]),
  );
}
