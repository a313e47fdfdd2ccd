import { addressAt, parseCidr, type AddressRange } from '../ipv4';
import type { Settings, Subnet } from '../settings';

/** The assignment of addresses in the two networks. */
export interface AddressPlan {
  /** The foundation's address: the DNS server's, and the source of the router's connections and health checks. */
  readonly foundation: string;
  readonly overlay: Network;
  readonly internet: Network;
  /** The router's address on the internet, where applications find each other's public routes. */
  readonly router: string;
  /** Addresses of the internet network that only stand in for others, and must not be connected to directly. */
  readonly standIns: readonly string[];
}

export interface Network extends Subnet {
  readonly all: AddressRange;
  /** The range for instances, which the engine never assigns from. */
  readonly instances: AddressRange;
}

const FOUNDATION = 2;
/** Lower addresses are for the foundation's own containers. */
const FIRST_OVERLAY_INSTANCE = 16;
/** No container has this address: the sender translates it. */
const ROUTER = 15;
/** Lower addresses are for the internet container and its sites. */
const FIRST_INTERNET_LEG = 32;

export function planAddresses(
  { overlay, internet }: Pick<Settings, 'overlay' | 'internet'>,
  foundation = addressAt(overlay.cidr, FOUNDATION),
  standIns: readonly string[] = [],
): AddressPlan {
  return {
    foundation,
    overlay: network(overlay, FIRST_OVERLAY_INSTANCE),
    internet: network(internet, FIRST_INTERNET_LEG),
    router: addressAt(internet.cidr, ROUTER),
    standIns,
  };
}

function network(subnet: Subnet, firstInstance: number): Network {
  const all = parseCidr(subnet.cidr);
  // The last address is the broadcast address.
  return { ...subnet, all, instances: { first: all.first + firstInstance, last: all.last - 1 } };
}
