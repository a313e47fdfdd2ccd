import { toAddress, toNumber, type AddressRange } from '../ipv4';

/** An instance's two addresses. */
export interface Lease {
  readonly overlay: string;
  readonly internet: string;
}

/**
 * Gives out addresses in pairs, the n-th of one range with the n-th of the other. A pair that was given back is not
 * given out again while any namespace's rules may still name it: a peer would be let in that no policy allows.
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
        // Onwards from the last one, so that an address rests as long as it can.
        this.next = slot + 1;
        return this.lease(slot);
      }
    }
    throw new Error(`no address is free: all ${this.size} are in use; stop applications or scale them down`);
  }

  /** Marks the addresses of an instance that runs already; false if they are not a pair of this pool, or taken. */
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

  /** Frees what was given back and is not among the addresses that rules still name. */
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
