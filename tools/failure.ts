/** An error for the user: what failed, why, and what to do about it. */
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

// Checked by shape, not by class: an error of another realm (a worker, a test's sandbox) isn't an instance of this
// realm's Error.
const field = (thrown: unknown, name: 'code' | 'message'): string | undefined => {
  if (typeof thrown !== 'object' || thrown === null || !(name in thrown)) return undefined;
  const value = (thrown as Record<string, unknown>)[name];
  return typeof value === 'string' ? value : undefined;
};

export const reasonOf = (thrown: unknown): string => field(thrown, 'message') ?? String(thrown);

/** The `code` of a system error such as `ENOSPC`, else undefined. */
export const codeOf = (thrown: unknown): string | undefined => field(thrown, 'code');
