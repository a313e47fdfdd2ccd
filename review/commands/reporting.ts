/** Something opens, differs or is not known; an error is 1, which is what commander and Node.js use. */
export const WIDENS = 2;

/** What the user can solve is a message, without the stack trace that a defect gets. */
export function reporting<T extends unknown[]>(
  action: (...args: T) => void | Promise<void>,
): (...args: T) => Promise<void> {
  return async (...args) => {
    try {
      await action(...args);
    } catch (error) {
      process.stderr.write(`space-egress: ${error instanceof Error ? error.message : String(error)}\n`);
      process.exitCode = 1;
    }
  };
}
