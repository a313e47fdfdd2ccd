import { toAddress, toNumber, type AddressRange } from '../ipv4';

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
