/** An error for the person at the keyboard: what failed, why, and what to do about it. */
export class Failure extends Error {
  override readonly name = 'Failure';

  constructor(
    readonly what: string,
    readonly why: string,
    readonly remedy: string,
  ) {
    super(`${what}: ${why}; ${remedy}`);
  }
}

/** The message of anything that was thrown. */
export const reasonOf = (thrown: unknown): string => (thrown instanceof Error ? thrown.message : String(thrown));

/** The `code` of a system error such as `ENOSPC`, else undefined. */
export const codeOf = (thrown: unknown): string | undefined =>
  thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : undefined;
