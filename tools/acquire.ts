import { Failure, reasonOf } from './failure';
import type { Report } from './progress';

/** One way of having a thing. */
export interface Way<T> {
  /** What `make` would do, with what it costs: "build OpenTofu 1.12.6 from tools/go (about 4 minutes)". */
  readonly plan: string;
  /** Looks without changing anything. */
  readonly find?: () => Promise<T | undefined>;
  /** Makes it; throws when this way is closed. Absent for a way that can only find. */
  readonly make?: (report: Report) => Promise<T>;
}

/** What looking found, and in what order it would be made otherwise. */
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
 * What is there by any way comes first, since it costs nothing; then each way of making it in its order. When all are
 * closed the failure names every one with its reason.
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
