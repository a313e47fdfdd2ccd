/** What a reader could not see of a platform, so that nothing is said about it. */
export interface Unseen {
  readonly kind: 'spaces' | 'policies' | 'variables' | 'ssh';
  /** Ids of the spaces or applications that it is about; none for what has no name that this account knows. */
  readonly of: readonly string[];
  readonly because: string;
  readonly remedy: string;
}
