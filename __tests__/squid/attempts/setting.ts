/** The machines that attempts are about. */
export interface Places {
  /** Public: the sites, listed and not. */
  readonly site: string;
  /** Public: a stranger's address, where no listed host is; its reverse zone says that it is one. */
  readonly nobody: string;
  /** The sites' machine in a private network. */
  readonly privateAddress: string;
  /** What the name server has been asked so far. */
  readonly queries: () => Promise<readonly string[]>;
}

/** The list of the proxy that is attacked, in the grammar of the entrypoint. */
export const ALLOW = ['.example.org:80,443', 'api.example.gov:443', 'git.example.gov:22/tcp'] as const;

/** The name that an address has in the reverse zone. */
export const reverse = (address: string): string => `${address.split('.').reverse().join('.')}.in-addr.arpa`;

/** The names that its name server knows, with what they lead to. */
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
  // Public at the first query, private from the second on.
  '*.turns.example.org': [site, privateAddress],
  [reverse(nobody)]: ['www.example.org'],
});
