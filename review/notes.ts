/**
 * What the program tells the review in addition to its resources. Notes are stored in the stack's comments, which the
 * engine ignores: they change nothing that is deployed, but they are in the synthesized stack that the review reads.
 */
export interface Notes {
  readonly acknowledged: readonly { readonly rule: string; readonly path: string; readonly reason: string }[];
  /** Security groups of spaces that the code doesn't own, as `org/space`. */
  readonly claims: readonly { readonly space: string; readonly groups: readonly string[] }[];
}

/** Hashes of the files that a stack reads, and of those that it reads as templates, by their paths. */
export interface FileNotes {
  readonly files: Readonly<Record<string, string>>;
  readonly templates: Readonly<Record<string, string>>;
}

/** The key of the notes in a stack's comments. */
export const NOTES = 'space-egress';
