/** How much of something each of many has at the same time: one who asks for ever more can't take it from the others. */
export class ClientLimit {
  private readonly taken = new Map<string, number>();

  public constructor(private readonly limit: number) {}

  /** False where `who` has as much as anyone may. */
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
