/** UAA's errors aren't shaped like the cloud controller's. */
export class UaaError extends Error {
  public override readonly name = 'UaaError';

  public constructor(
    public readonly status: number,
    public readonly code: string,
    description: string,
  ) {
    super(description);
  }
}
