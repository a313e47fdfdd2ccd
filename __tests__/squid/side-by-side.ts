import { type Kind, KINDS } from './laboratory';

/** What a test does, with the proxy of one kind. */
type Work = (kind: Kind) => Promise<void>;

/**
 * One test for each kind of proxy, whose work goes on at the same time: what mostly waits takes no longer for two than for one.
 */
export function testSideBySide(name: string, work: Work): void {
  let begun: Record<Kind, Promise<void>> | undefined;
  const begin = (): Record<Kind, Promise<void>> => {
    const all = Object.fromEntries(KINDS.map((kind) => [kind, work(kind)])) as Record<Kind, Promise<void>>;
    // A failure is told by its own test, which may not have begun yet.
    for (const one of Object.values(all)) one.catch(() => undefined);
    return all;
  };
  test.each(KINDS)(`${name} (by %s)`, (kind) => (begun ??= begin())[kind]);
}
