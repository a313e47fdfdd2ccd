/** A pattern is a host name, or with a leading dot a domain and all names below it. Two are either nested or disjoint. */

/** Whether every name of the inner pattern is one of the outer. */
export function holds(outer: string, inner: string): boolean {
  return outer === inner || (outer.startsWith('.') && `.${inner.replace(/^\./, '')}`.endsWith(outer));
}

/** The domains that hold a pattern, nearest first, without the pattern itself: `a.example.org` lies in `.a.example.org`. */
export function wider(pattern: string): string[] {
  const labels = pattern.split('.');
  return pattern.startsWith('.')
    ? labels.slice(2).map((_, index) => `.${labels.slice(index + 2).join('.')}`)
    : labels.map((_, index) => `.${labels.slice(index).join('.')}`);
}

/** Without the patterns that another one holds, in the order of the alphabet. */
export function withoutHeld(patterns: readonly string[]): string[] {
  const all = new Set(patterns);
  return [...all].filter((pattern) => !wider(pattern).some((domain) => all.has(domain))).sort();
}

/** The names of a pattern, but for those of the exceptions below it. */
export interface NameSet {
  readonly pattern: string;
  readonly exceptions: readonly string[];
}

/** Whether every name of the inner set is one of the outer. */
export function holdsAll(outer: NameSet, inner: NameSet): boolean {
  return (
    holds(outer.pattern, inner.pattern) &&
    outer.exceptions.every(
      (exception) =>
        (!holds(exception, inner.pattern) && !holds(inner.pattern, exception)) ||
        inner.exceptions.some((own) => holds(own, exception)),
    )
  );
}
