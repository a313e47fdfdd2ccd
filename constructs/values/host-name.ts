import { domainToASCII, domainToUnicode } from 'node:url';

const LONGEST_NAME = 253;
const LONGEST_LABEL = 63;
const LABEL = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/;

/**
 * Mistakes that people make when they write a host name, with the remedy. The first pattern that matches gives the
 * message.
 */
const MISTAKES: readonly (readonly [pattern: RegExp, says: string])[] = [
  [
    /[$#@]\{/,
    'is a token, and its value is known only at deploy time: an entry of the allowlist must be known at synth, so pass ' +
      'the text itself, or Destination.fromService for the host in the credentials of a service',
  ],
  [/^$/, 'is empty: write a host name, as in api.example.gov'],
  [/\s/, 'has a space in it: write one host name without spaces'],
  [/:\/\//, 'has a scheme: write the host name only, and the port for the scheme (80 for http, 443 for https)'],
  [/\//, 'has a path: a proxy sees no path inside TLS, so write the host name only'],
  [/[?#]/, 'has a query or a fragment: write the host name only'],
  [/^\*\./, 'begins with a wildcard: write .example.org for the name itself and all names below it'],
  [/\*/, 'has a wildcard inside: write the exact host, or .example.org for a domain and all names below it'],
  [/[[\]]|:.*:/, 'is an address: write the host name, an allowlist contains only names'],
  [/:[0-9]*$/, 'has a port: write the host name only, and the port as a number of its own'],
  [/(?:^|\.)(?:0x[0-9a-f]*|[0-9]+)\.?$/i, 'is an address: write the host name, an allowlist contains only names'],
  [/^\.|\.\./, 'has an empty label: remove the extra dot'],
];

/**
 * The canonical spelling of a host name: lower case, no trailing dot, A-labels (punycode). A host has exactly one
 * spelling, and the result never means a different host than the one that was written.
 *
 * @throws if the text is not a host name, with what to write instead
 */
export function hostName(text: string): string {
  const mistake = MISTAKES.find(([pattern]) => pattern.test(text));
  if (mistake !== undefined) throw new Error(`'${text}' ${mistake[1]}`);

  const name = toALabels(text.endsWith('.') ? text.slice(0, -1) : text);
  if (name.length > LONGEST_NAME) {
    throw new Error(`'${text}' has ${name.length} characters: a host name has at most ${LONGEST_NAME}`);
  }
  for (const label of name.split('.')) checkLabel(label, '', text);
  return name;
}

/**
 * Throws unless the label is valid as a part of a host name.
 *
 * @param what what the label is, for the message
 */
export function checkLabel(label: string, what = '', text: string = label): void {
  if (label.length > LONGEST_LABEL) {
    throw new Error(`${what}'${text}' has a label of ${label.length} characters: a label has at most ${LONGEST_LABEL}`);
  }
  if (label !== label.toLowerCase() && LABEL.test(label.toLowerCase())) {
    throw new Error(`${what}'${text}' has capitals: write '${text.toLowerCase()}'`);
  }
  if (!LABEL.test(label)) {
    throw new Error(
      `${what}'${text}' has the label '${label}': a label is lowercase letters, digits and hyphens, with no hyphen at either end`,
    );
  }
}

/**
 * Unicode compatibility characters are refused rather than mapped: with full-width letters, ideographic dots or
 * invisible characters, the allowed name would differ from the one that the reviewer read.
 */
function toALabels(text: string): string {
  const folded = text.toLowerCase();
  const hasALabel = folded.split('.').some((label) => label.startsWith('xn--'));
  // eslint-disable-next-line no-control-regex -- the range of ASCII is what is asked
  if (/^[\x00-\x7f]*$/.test(folded) && !hasALabel) return folded;

  const name = domainToASCII(folded);
  const asRead = hasALabel ? name : domainToUnicode(name);
  if (name === '' || asRead !== folded.normalize('NFC')) {
    const remedy = name === '' ? 'write its A-labels (xn--...)' : `write '${name}' if that is what is meant`;
    throw new Error(`'${text}' is not an internationalized name as it is written: ${remedy}`);
  }
  return name;
}

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
