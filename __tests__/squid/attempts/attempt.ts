import type { Way } from './ways';

/** The machines that attempts try to reach. */
export interface Places {
  /** Public: all sites, listed and unlisted. */
  readonly site: string;
  /** Public: a stranger's address without any listed host, although its reverse zone names one. */
  readonly nobody: string;
  /** The same machine's address in a private network. */
  readonly privateAddress: string;
  /** The name server's queries so far. */
  readonly queries: () => Promise<readonly string[]>;
}

/** The allowlist of the proxy under attack, in the entrypoint's format. */
export const ALLOW = ['.example.org:80,443', 'api.example.gov:443', 'git.example.gov:22/tcp'] as const;

/** The name of an address in the reverse zone. */
export const reverse = (address: string): string => `${address.split('.').reverse().join('.')}.in-addr.arpa`;

/** The names that the name server knows, with their addresses. */
export const names = ({
  site,
  privateAddress,
  nobody,
}: Omit<Places, 'queries'>): Readonly<Record<string, readonly string[]>> => ({
  'www.example.org': [site],
  '*.example.org': [site],
  'api.example.gov': [site],
  'git.example.gov': [site],
  'www.example.net': [nobody],
  'private.example.org': [privateAddress],
  'loopback.example.org': ['127.0.0.1'],
  'this.example.org': ['0.0.0.0'],
  'metadata.example.org': ['169.254.169.254'],
  'shared.example.org': ['100.64.0.1'],
  'broadcast.example.org': ['255.255.255.255'],
  'mixed.example.org': [site, privateAddress],
  'mapped.example.org': ['::ffff:169.254.169.254'],
  'translated.example.org': ['64:ff9b::a9fe:a9fe'],
  'loopback6.example.org': ['::1'],
  'unique6.example.org': ['fd00:ec2::254'],
  // A public address for the first query, and a private one for later queries.
  '*.turns.example.org': [site, privateAddress],
  [reverse(nobody)]: ['www.example.org'],
});

/** Something that a client tries on a proxy with this list and these names. */
export interface Attempt {
  /** Its line in squid/docs/attacks.md; unique in its group. */
  readonly what: string;
  readonly send: Way;
  /** The result with this proxy. */
  readonly expected: string | RegExp;
  /** Outcomes that mean it got through; undefined for requests that must work. */
  readonly through?: RegExp;
  /** Whether it mostly waits, so that it can run in parallel with others. */
  readonly slow: boolean;
}

/** Attempts that have something in common. */
export interface Group {
  readonly title: string;
  readonly attempts: readonly Attempt[];
}

type Row = readonly [what: string, send: Way, expected: string | RegExp, options?: Partial<Attempt>];

/** Unless a row or its group says otherwise, an attempt that reaches any host gets through. */
export const attempts = (title: string, rows: readonly Row[], through: RegExp | undefined = /reached/): Group => ({
  title,
  attempts: rows.map(([what, send, expected, own]) => ({ what, send, expected, slow: false, through, ...own })),
});

/** Requests that must work, because otherwise a refusal means nothing. */
export const services = (title: string, rows: readonly Row[]): Group =>
  attempts(
    title,
    rows.map(([what, send, expected, own]) => [what, send, expected, { through: undefined, ...own }]),
  );

export const gotThrough = ({ through }: Attempt, outcome: string): boolean => through?.test(outcome) ?? false;

/** This proxy's error pages, for refused requests and refused tunnels. */
export const NOT_LISTED = '403 ERR_NOT_LISTED';
export const TUNNEL_NOT_LISTED = '407 ERR_NOT_LISTED';
export const METHOD = '403 ERR_METHOD';
export const INVALID = '400 ERR_INVALID_URL';

/** The proxy saw the hidden request, and checked it separately. */
export const CHECKED = `reached www.example.org, ${NOT_LISTED}`;
export const REACHED_OTHER = /reached www\.example\.net|stranger/;
export const REACHED = 'reached www.example.org';

/** Neither side closes the connection, so it ends after a silence. */
export const STAYS_OPEN = { slow: true } as const;
/** An attempt that may also end in a success of another kind. */
export const HARMLESS = { through: undefined } as const;
