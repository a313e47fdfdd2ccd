/** What a reader couldn't see on a platform, so that nothing is said about it. */
export interface Unseen {
  readonly kind: 'spaces' | 'policies' | 'variables' | 'ssh';
  /** Ids of the spaces or applications that it concerns; empty if the account knows no name for them. */
  readonly of: readonly string[];
  readonly because: string;
  readonly remedy: string;
}
