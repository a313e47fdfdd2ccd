import { MemoryStore } from '../../src/store/memory';

/** The next foundation reads it. */
export class KeptStore extends MemoryStore {
  public override close(): void {
    // What would be given back is needed again.
  }
}
