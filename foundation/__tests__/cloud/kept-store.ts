import { MemoryStore } from '../../src/store/store';

/** The next foundation reads it. */
export class KeptStore extends MemoryStore {
  public override close(): void {
    // What would be given back is needed again.
  }
}
