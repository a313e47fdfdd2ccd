/** UAA's errors have another format than the Cloud Controller's. */
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
