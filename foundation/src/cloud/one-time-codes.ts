import { randomBytes } from 'node:crypto';
import type { Clock } from './clock';
import type { Actor } from './permissions';

/** Milliseconds, as in UAA. */
const LIFETIME = 300_000;
/** Beyond this number, the oldest codes are dropped, to bound memory. */
const MOST = 1000;
const BYTES = 16;

interface Issued {
  readonly actor: Actor;
  readonly until: number;
}

/**
 * One-time codes, which users log in to SSH with. A restart of the foundation invalidates them.
 *
 * @see https://docs.cloudfoundry.org/api/uaa/#authorization-code-grant
 */
export class OneTimeCodes {
  private readonly issued = new Map<string, Issued>();

  public constructor(private readonly clock: Clock) {}

  public issue(actor: Actor): string {
    const [oldest] = this.issued.keys();
    if (oldest !== undefined && this.issued.size >= MOST) this.issued.delete(oldest);
    const code = randomBytes(BYTES).toString('hex');
    this.issued.set(code, { actor, until: this.clock.elapsed() + LIFETIME });
    return code;
  }

  /** The user; `undefined` if the code was used, has expired, or was never issued. */
  public redeem(code: string): Actor | undefined {
    const found = this.issued.get(code);
    this.issued.delete(code);
    return found && this.clock.elapsed() < found.until ? found.actor : undefined;
  }
}
