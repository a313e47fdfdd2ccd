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
