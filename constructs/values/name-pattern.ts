/**
 * A pattern is a host name, or a domain and all names below it with a leading dot. Two patterns are either nested or
 * disjoint.
 */

/** Whether the outer pattern contains every name of the inner one. */
export function holds(outer: string, inner: string): boolean {
  return outer === inner || (outer.startsWith('.') && `.${inner.replace(/^\./, '')}`.endsWith(outer));
}

/**
 * The domains that contain a pattern, nearest first, without the pattern itself: `a.example.org` is in
 * `.a.example.org`.
 */
export function wider(pattern: string): string[] {
  const labels = pattern.split('.');
  return pattern.startsWith('.')
    ? labels.slice(2).map((_, index) => `.${labels.slice(index + 2).join('.')}`)
    : labels.map((_, index) => `.${labels.slice(index).join('.')}`);
}

/** Drops the patterns that another one contains; sorts the rest alphabetically. */
export function withoutHeld(patterns: readonly string[]): string[] {
  const all = new Set(patterns);
  return [...all].filter((pattern) => !wider(pattern).some((domain) => all.has(domain))).sort();
}

/** The names of a pattern, without those of the exceptions below it. */
export interface NameSet {
  readonly pattern: string;
  readonly exceptions: readonly string[];
}

/** Whether the outer set contains every name of the inner one. */
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
