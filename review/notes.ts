/**
 * What the program tells the review beside the resources. It lies in the stack's comments, which the engine ignores: a
 * note changes nothing that is deployed, and yet it is in the synthesized stack that the review reads.
 */
export interface Notes {
  readonly acknowledged: readonly { readonly rule: string; readonly path: string; readonly reason: string }[];
  /** Security groups of spaces that the code does not own, as `org/space`. */
  readonly claims: readonly { readonly space: string; readonly groups: readonly string[] }[];
}

/** Where notes stand in the comments of a stack. */
export const NOTES = 'space-egress';
