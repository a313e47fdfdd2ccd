import { randomBytes } from 'node:crypto';
import type { Clock } from './clock';
import type { Actor } from './permissions';

/** Milliseconds: UAA's. */
const LIFETIME = 300_000;
/** Whoever asks for more takes the oldest from others, and not the memory. */
const MOST = 1000;
const BYTES = 16;

interface Issued {
  readonly actor: Actor;
  readonly until: number;
}

/**
 * Codes that stand for a user once: they are the passwords of SSH. A restart of the foundation ends them.
 *
 * @see https://docs.cloudfoundry.org/api/uaa/#authorization-code-grant
 */
export class OneTimeCodes {
  private readonly issued = new Map<string, Issued>();

  public constructor(private readonly clock: Clock) {}

  public issue(actor: Actor): string {
    const [oldest] = this.issued.keys();
    if (oldest !== undefined && this.issued.size >= MOST) {
      this.issued.delete(oldest);
    }
    const code = randomBytes(BYTES).toString('hex');
    this.issued.set(code, { actor, until: this.clock.elapsed() + LIFETIME });
    return code;
  }

  /** Whom it stands for; `undefined` for one that was used, is too old, or was never issued. */
  public redeem(code: string): Actor | undefined {
    const found = this.issued.get(code);
    this.issued.delete(code);
    return found && this.clock.elapsed() < found.until ? found.actor : undefined;
  }
}
