import { type Kind, KINDS } from './laboratory';

/** The body of a test, for one kind of proxy. */
type Work = (kind: Kind) => Promise<void>;

/**
 * One test for each kind of proxy, in parallel: work that mostly waits takes no longer for two kinds than for one.
 */
export function testSideBySide(name: string, work: Work): void {
  let begun: Record<Kind, Promise<void>> | undefined;
  const begin = (): Record<Kind, Promise<void>> => {
    const all = Object.fromEntries(KINDS.map((kind) => [kind, work(kind)])) as Record<Kind, Promise<void>>;
    // Each test reports its own failure, and might not have begun yet.
    for (const one of Object.values(all)) one.catch(() => undefined);
    return all;
  };
  test.each(KINDS)(`${name} (by %s)`, (kind) => (begun ??= begin())[kind]);
}
