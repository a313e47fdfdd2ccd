import { addressAt } from '../ipv4';
import type { Subnet } from '../settings';

/**
 * The names of the simulated internet and where they lead. A place is a distance from the internet network's own
 * address, or an address that lies in no network of ours and is reached through the internet container.
 */
type Place = number | string;

interface Entry {
  /** Lower case; `*.` stands for one label or more, as in DNS. */
  readonly name: string;
  readonly place: Place;
}

export const REGION = 'us-gov-west-1';
export const OWN_BUCKET = 'egress-demo';

/** The internet container's own address; everything off the network is routed to it. */
const CONTAINER = 2;

const PRIVATE_WEB = '10.99.0.10';
const METADATA = '169.254.169.254';

/** A web site answers with its name, so that a test knows whom it has reached. */
export interface WebSite {
  readonly name: string;
  readonly place: Place;
  readonly http: readonly number[];
  readonly https: readonly number[];
}

/** `metadata.example.org` is a stand-in for what cloud providers serve on the link-local address. */
export const WEB_SITES: readonly WebSite[] = [
  { name: 'www.example.com', place: 10, http: [80], https: [443, 8443] },
  { name: 'www.example.org', place: 11, http: [80], https: [443, 8443] },
  { name: 'www.example.net', place: 12, http: [80], https: [443, 8443] },
  { name: 'private.example.org', place: PRIVATE_WEB, http: [80], https: [443] },
  { name: 'metadata.example.org', place: METADATA, http: [80], https: [] },
];

/** One S3 service with three front doors; buckets are the first label in front of `domain`. */
export interface S3Door {
  readonly domain: string;
  /** A name of its own for the same door, where buckets are in the path alone. */
  readonly alias?: string;
  readonly place: Place;
}

export const S3_DOORS = {
  /** An own bucket, on the public internet. */
  public: { domain: `s3.${REGION}.amazonaws.com`, alias: `s3-${REGION}.amazonaws.com`, place: 20 },
  /** An own bucket behind a VPC endpoint: cloud.gov's public group opens the endpoint's private address. */
  endpoint: { domain: `bucket.vpce-0e9re55.s3.${REGION}.vpce.amazonaws.com`, place: '10.98.0.20' },
  /** A bucket that a broker has made: cloud.gov's trusted-local group opens its addresses. */
  brokered: { domain: `s3-fips.${REGION}.amazonaws.com`, place: '10.97.0.20' },
} as const satisfies Record<string, S3Door>;

/** All that lead to a door; its certificate is for them. */
export const namesOf = ({ domain, alias }: S3Door): string[] => [
  domain,
  `*.${domain}`,
  ...(alias === undefined ? [] : [alias]),
];

const NAMES: readonly Entry[] = [
  ...WEB_SITES,
  { name: 'loopback.example.org', place: '127.0.0.1' },
  ...Object.values<S3Door>(S3_DOORS).flatMap((door) => namesOf(door).map((name) => ({ name, place: door.place }))),
];

export function locate(place: Place, internet: Subnet): string {
  return typeof place === 'number' ? addressAt(internet.cidr, place) : place;
}

function matches(pattern: string, name: string): boolean {
  return pattern.startsWith('*.') ? name.endsWith(pattern.slice(1)) && name.length >= pattern.length : name === pattern;
}

/** The address of a name as DNS gives it: any case, with or without the root's dot. Undefined: not a name of ours. */
export function resolveName(name: string, internet: Subnet): string | undefined {
  const plain = name.toLowerCase().replace(/\.$/, '');
  const entry = NAMES.find((candidate) => matches(candidate.name, plain));
  return entry && locate(entry.place, internet);
}

export function internetContainerAddress(internet: Subnet): string {
  return addressAt(internet.cidr, CONTAINER);
}

function places(): Place[] {
  return [...new Set([...WEB_SITES, ...Object.values(S3_DOORS)].map(({ place }) => place))];
}

/** All that the internet container answers on, besides its own address. */
export function siteAddresses(internet: Subnet): string[] {
  return places().map((place) => locate(place, internet));
}

/** Above the sites' own addresses and below the instances'. */
const FIRST_STAND_IN = 24;

/** How an address outside of the internet network is reached. */
export interface Route {
  readonly destination: string;
  readonly via: string;
  /**
   * Stands for the destination on the wire. Where the host filters bridged packets, the engine's isolation of an internal
   * network drops whatever is addressed outside of it, so the sender translates and the internet container translates back.
   */
  readonly standIn: string;
}

/** What an instance must be told besides its networks. */
export function offSubnetRoutes(internet: Subnet): Route[] {
  const via = internetContainerAddress(internet);
  return places()
    .filter((place): place is string => typeof place === 'string')
    .map((address, index) => ({
      destination: `${address}/32`,
      via,
      standIn: addressAt(internet.cidr, FIRST_STAND_IN + index),
    }));
}

/** The internet container's half of the translation, for nft. */
export function standInRules(internet: Subnet): string {
  const rules = offSubnetRoutes(internet).map(
    ({ destination, standIn }) => `    ip daddr ${standIn} dnat to ${destination.replace('/32', '')}`,
  );
  return [
    'table ip standin',
    'delete table ip standin',
    'table ip standin {',
    '  chain prerouting {',
    '    type nat hook prerouting priority dstnat;',
    ...rules,
    '  }',
    '}',
    '',
  ].join('\n');
}
