/** Limits how many of something each client has at the same time, so no client can exhaust a shared resource. */
export class ClientLimit {
  private readonly taken = new Map<string, number>();

  public constructor(private readonly limit: number) {}

  /** False if `who` has reached the limit. */
  public take(who: string): boolean {
    const count = this.taken.get(who) ?? 0;
    if (count >= this.limit) return false;
    this.taken.set(who, count + 1);
    return true;
  }

  public giveBack(who: string): void {
    const count = this.taken.get(who) ?? 0;
    if (count > 1) this.taken.set(who, count - 1);
    else this.taken.delete(who);
  }
}
