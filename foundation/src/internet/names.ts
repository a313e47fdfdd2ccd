import { addressAt } from '../ipv4';
import type { Subnet } from '../settings';

/**
 * The names of the simulated internet and their addresses. A place is an offset in the internet network, or an address
 * outside of the foundation's networks that is routed through the internet container.
 */
type Place = number | string;

interface Entry {
  /** In lower case; `*.` stands for one or more labels, as in DNS. */
  readonly name: string;
  readonly place: Place;
}

export const REGION = 'us-gov-west-1';
export const OWN_BUCKET = 'egress-demo';

/** The internet container's own address, the gateway to addresses outside of the network. */
const CONTAINER = 2;

const PRIVATE_WEB = '10.99.0.10';
const METADATA = '169.254.169.254';

/** A web site, which answers with its name, so a test knows which one it reached. */
interface WebSite {
  readonly name: string;
  readonly place: Place;
  readonly http: readonly number[];
  readonly https: readonly number[];
}

/** `metadata.example.org` stands in for cloud providers' metadata service at the link-local address. */
export const WEB_SITES: readonly WebSite[] = [
  { name: 'www.example.com', place: 10, http: [80], https: [443, 8443] },
  { name: 'www.example.org', place: 11, http: [80], https: [443, 8443] },
  { name: 'www.example.net', place: 12, http: [80], https: [443, 8443] },
  { name: 'private.example.org', place: PRIVATE_WEB, http: [80], https: [443] },
  { name: 'metadata.example.org', place: METADATA, http: [80], https: [] },
];

/** An endpoint of the S3 service, which has three. The label in front of `domain` is the bucket. */
export interface S3Door {
  readonly domain: string;
  /** Another name of the same endpoint, with buckets in the path only. */
  readonly alias?: string;
  readonly place: Place;
}

export const S3_DOORS = {
  /** An own bucket, on the public internet. */
  public: { domain: `s3.${REGION}.amazonaws.com`, alias: `s3-${REGION}.amazonaws.com`, place: 20 },
  /** An own bucket behind a VPC endpoint, whose private address cloud.gov's public security group opens. */
  endpoint: { domain: `bucket.vpce-0e9re55.s3.${REGION}.vpce.amazonaws.com`, place: '10.98.0.20' },
  /** A brokered bucket, whose addresses cloud.gov's trusted-local security group opens. */
  brokered: { domain: `s3-fips.${REGION}.amazonaws.com`, place: '10.97.0.20' },
} as const satisfies Record<string, S3Door>;

/** All names of an endpoint, for its certificate. */
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

/** The address of a name, in any case, with or without a trailing dot; `undefined` for other names. */
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

/** All addresses that the internet container serves, besides its own. */
export function siteAddresses(internet: Subnet): string[] {
  return places().map((place) => locate(place, internet));
}

/** After the sites' addresses and before the instances'. */
const FIRST_STAND_IN = 24;

/** The route to an address outside of the internet network. */
interface Route {
  readonly destination: string;
  readonly via: string;
  /**
   * Replaces the destination in packets. If the host filters bridged packets, the engine's isolation of an internal
   * network drops those addressed outside of it, so the sender translates and the internet container translates back.
   */
  readonly standIn: string;
}

/** Routes that an instance needs in addition to its networks. */
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

/** The internet container's side of the translation, as nftables rules. */
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
