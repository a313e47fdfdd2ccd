import { Failure, reasonOf } from './failure';
import type { Report } from './progress';

export interface Way<T> {
  /** What `make` would do and its cost: "build OpenTofu 1.12.6 from tools/go (about 4 minutes)". */
  readonly plan: string;
  /** Looks without changing anything. */
  readonly find?: () => Promise<T | undefined>;
  /** Creates it; throws if this way isn't possible. Absent for a way that can only find. */
  readonly make?: (report: Report) => Promise<T>;
}

/** What was found, and otherwise the ways to get it, in order. */
export interface Outlook<T> {
  readonly found: T | undefined;
  readonly plans: readonly string[];
}

async function findFirst<T>(ways: readonly Way<T>[]): Promise<T | undefined> {
  for (const way of ways) {
    const found = await way.find?.();
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Changes nothing: for `npm run doctor`. */
export async function lookFor<T>(ways: readonly Way<T>[]): Promise<Outlook<T>> {
  return { found: await findFirst(ways), plans: ways.filter((way) => way.make).map((way) => way.plan) };
}

/**
 * First uses whatever any way finds, because that costs nothing; then tries each way of creating it, in order. If all
 * fail, the failure lists each with its reason.
 */
export async function acquire<T>(what: string, ways: readonly Way<T>[], remedy: string, report: Report): Promise<T> {
  const found = await findFirst(ways);
  if (found !== undefined) return found;
  const closed: string[] = [];
  for (const way of ways) {
    if (!way.make) continue;
    report(way.plan);
    try {
      return await way.make(report);
    } catch (error) {
      const reason = error instanceof Failure ? `${error.why} (${error.remedy})` : reasonOf(error);
      closed.push(`could not ${way.plan}: ${reason}`);
    }
  }
  throw new Failure(`${what} is missing`, closed.length > 0 ? closed.join('\n') : 'there is no way to get it', remedy);
}
