const POLL_MS = 100;

/** Waits for a condition, and fails with its description. */
export async function waitFor(condition: () => Promise<boolean>, what: string, limit = 60_000): Promise<void> {
  const deadline = Date.now() + limit;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`waited ${limit / 1000} s for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
