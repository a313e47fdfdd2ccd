/** Runs its work soon, once for all calls until then. */
export class DeferredTask {
  private pending = false;

  public constructor(private readonly work: () => void) {}

  public schedule(): void {
    if (!this.pending) {
      this.pending = true;
      setImmediate(() => {
        this.pending = false;
        this.work();
      });
    }
  }
}
