import { addressAt, parseCidr, type AddressRange } from '../ipv4';
import type { Settings, Subnet } from '../settings';

/** Which address of the two networks is whose. */
export interface AddressPlan {
  /** DNS answers here; the router and the health checks come from here. */
  readonly foundation: string;
  readonly overlay: Network;
  readonly internet: Network;
  /** The router's address on the internet, where applications find each other's public routes. */
  readonly router: string;
  /** Addresses of the internet network that stand for others, and are nobody's to ask for by themselves. */
  readonly standIns: readonly string[];
}

export interface Network extends Subnet {
  readonly all: AddressRange;
  /** What instances get; never the engine's to give. */
  readonly instances: AddressRange;
}

const FOUNDATION = 2;
/** Below: the foundation's own containers. */
const FIRST_OVERLAY_INSTANCE = 16;
/** Nobody has it: what is sent there is translated by the sender. */
const ROUTER = 15;
/** Below: the internet container and its sites. */
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
