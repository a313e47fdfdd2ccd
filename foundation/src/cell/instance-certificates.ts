import { issue, type KeyPair } from '../authority';
import type { RouteRule } from './cell';
import { SerialQueue } from '../serial-queue';

/** The subject of an instance's certificates. */
export interface Subject {
  readonly instanceGuid: string;
  readonly appGuid: string;
  readonly processType: string;
  readonly spaceGuid: string;
  readonly organizationGuid: string;
  /** The address in the overlay. */
  readonly address: string;
}

/** An instance's certificates: its own identity, and the server's for its internal routes. */
export interface Credentials {
  readonly identity: KeyPair;
  readonly server: KeyPair;
  /** The internal routes in the server's certificate. */
  readonly names: readonly string[];
  /** Milliseconds since the epoch. */
  readonly renewAt: number;
}

type Deliver = (credentials: Credentials) => Promise<void>;

interface Member {
  readonly subject: Subject;
  readonly deliver: Deliver;
  inForce?: Credentials;
}

const MINUTE = 60_000;
/** Milliseconds, as in cf-deployment. */
export const CERTIFICATE_LIFETIME = 24 * 60 * MINUTE;

/** Milliseconds before a certificate's expiry at which it is replaced, as on the platform. */
function margin(lifetime: number): number {
  return lifetime > 240 * MINUTE ? 30 * MINUTE : lifetime / 8;
}

/** Keeps every instance's certificates valid, and the server's in step with the instance's internal routes. */
export class InstanceCertificates {
  private readonly members = new Map<string, Member>();
  private readonly queue = new SerialQueue();
  private routes = new Map<string, readonly string[]>();
  private readonly timer: NodeJS.Timeout;

  public constructor(
    private readonly authority: KeyPair,
    private readonly lifetime: number,
    private readonly onFailure: (key: string, error: Error) => void,
  ) {
    const interval = Math.min(MINUTE, margin(lifetime) / 4);
    this.timer = setInterval(() => {
      // Skips a turn while the last one is still running.
      if (this.queue.isIdle) void this.enforce();
    }, interval).unref();
  }

  public async issue(subject: Subject): Promise<Credentials> {
    const { instanceGuid, appGuid, spaceGuid, organizationGuid, address } = subject;
    const names = this.namesOf(subject);
    const shared = {
      lifetime: this.lifetime,
      units: [`organization:${organizationGuid}`, `space:${spaceGuid}`, `app:${appGuid}`],
      client: true,
    };
    const [identity, server] = await Promise.all([
      issue(this.authority, [instanceGuid], { ...shared, address }),
      issue(this.authority, [instanceGuid, ...names], shared),
    ]);
    return { identity, server, names, renewAt: Date.now() + this.lifetime - margin(this.lifetime) };
  }

  /** @param inForce the certificates that the instance has now, if known */
  public keep(subject: Subject, deliver: Deliver, inForce?: Credentials): void {
    this.members.set(subject.instanceGuid, { subject, deliver, inForce });
  }

  public forget(instanceGuid: string): void {
    this.members.delete(instanceGuid);
  }

  public replace(routes: readonly RouteRule[]): void {
    const byProcess = new Map<string, string[]>();
    for (const { hostname, internal, destinations } of routes) {
      if (!internal) continue;
      for (const destination of destinations) {
        const key = processKey(destination);
        byProcess.set(key, [...(byProcess.get(key) ?? []), hostname]);
      }
    }
    this.routes = new Map([...byProcess].map(([key, names]) => [key, [...new Set(names)].sort()]));
  }

  /** Resolves when every instance has the certificates that are due, except for those whose errors were reported. */
  public enforce(): Promise<void> {
    return this.queue.run(async () => {
      const due = [...this.members].filter(([, member]) => this.isDue(member));
      await Promise.all(due.map(([key, member]) => this.renew(key, member)));
    });
  }

  public close(): void {
    clearInterval(this.timer);
  }

  private namesOf(subject: Subject): readonly string[] {
    return this.routes.get(processKey(subject)) ?? [];
  }

  private isDue({ subject, inForce }: Member): boolean {
    // If the clock was set back, the certificate would otherwise be kept for that much longer.
    const age = inForce && inForce.renewAt - Date.now();
    return (
      age === undefined || age <= 0 || age > this.lifetime || inForce?.names.join() !== this.namesOf(subject).join()
    );
  }

  private async renew(key: string, member: Member): Promise<void> {
    try {
      const credentials = await this.issue(member.subject);
      await member.deliver(credentials);
      member.inForce = credentials;
    } catch (error) {
      // An instance that is gone needs none; any other is retried in a later turn.
      if (this.members.get(key) === member) this.onFailure(key, error as Error);
    }
  }
}

function processKey({ appGuid, processType }: { readonly appGuid: string; readonly processType: string }): string {
  return `${appGuid}/${processType}`;
}
