import { addressAt, type AddressRange, parseCidr, toAddress, toNumber } from '../ipv4';
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

interface Network extends Subnet {
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

/** An instance's two addresses. */
export interface Lease {
  readonly overlay: string;
  readonly internet: string;
}

/**
 * Assigns addresses in pairs, the nth of one range with the nth of the other. A released pair is not reused while any
 * namespace's rules may still name it, since they would then admit a peer that no policy allows.
 */
export class AddressPool {
  private readonly taken = new Set<number>();
  private readonly retired = new Set<number>();
  private readonly size: number;
  private next = 0;

  public constructor(
    private readonly overlay: AddressRange,
    private readonly internet: AddressRange,
  ) {
    this.size = Math.min(overlay.last - overlay.first, internet.last - internet.first) + 1;
  }

  public take(): Lease {
    for (let step = 0; step < this.size; step += 1) {
      const slot = (this.next + step) % this.size;
      if (!this.taken.has(slot) && !this.retired.has(slot)) {
        this.taken.add(slot);
        // Continues after the last one, to reuse an address as late as possible.
        this.next = slot + 1;
        return this.lease(slot);
      }
    }
    throw new Error(`no address is free: all ${this.size} are in use; stop applications or scale them down`);
  }

  /** Marks a running instance's addresses as taken; false if they are not a pair of this pool, or are already taken. */
  public adopt(lease: Lease): boolean {
    const slot = this.slot(lease);
    if (slot === undefined || this.taken.has(slot)) return false;
    this.taken.add(slot);
    return true;
  }

  public release(lease: Lease): void {
    const slot = this.slot(lease);
    if (slot !== undefined && this.taken.delete(slot)) this.retired.add(slot);
  }

  /** Frees released pairs that rules no longer name. */
  public reclaim(named: ReadonlySet<string>): void {
    for (const slot of this.retired) {
      const { overlay, internet } = this.lease(slot);
      if (!named.has(overlay) && !named.has(internet)) this.retired.delete(slot);
    }
  }

  private lease(slot: number): Lease {
    return { overlay: toAddress(this.overlay.first + slot), internet: toAddress(this.internet.first + slot) };
  }

  private slot({ overlay, internet }: Lease): number | undefined {
    const slot = toNumber(overlay) - this.overlay.first;
    const known = slot >= 0 && slot < this.size && toNumber(internet) - this.internet.first === slot;
    return known ? slot : undefined;
  }
}
