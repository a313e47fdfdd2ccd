import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type Docker from 'dockerode';
import { issue, type KeyPair } from '../authority';
import { SerialQueue } from '../serial-queue';
import { tlsPortOf } from '../tls-port';
import type { Lease } from './addresses';
import type { InstanceSpec, RouteRule } from './cell';
import { processKey } from './directory';
import { putFiles, readContainerFile } from './engine';
import type { InstanceNetwork } from './instance-networks';
import { renew } from './holder';

/** Where the platform puts the operator's trusted certificates, for every kind of application. */
export const SYSTEM_CERTIFICATES = '/etc/cf-system-certificates';
/** Debian's certificate store. */
export const CERTIFICATE_STORE = '/etc/ssl/certs/ca-certificates.crt';

/** The certificate authorities of the simulated internet, of instances, and those that the host machine adds. */
const SOURCES = ['ca.crt', 'platform.crt', 'host-extra.crt'];

/** Where an instance finds its own certificate and key. */
export const IDENTITY = {
  certificate: '/etc/cf-instance-credentials/instance.crt',
  key: '/etc/cf-instance-credentials/instance.key',
} as const;

/** As on the platform, every user in the container can read the files. */
export async function installIdentity(container: Docker.Container, { certificate, key }: KeyPair): Promise<void> {
  await putFiles(container, '/', [
    { name: 'etc/cf-instance-credentials/' },
    { name: IDENTITY.certificate.slice(1), content: certificate },
    { name: IDENTITY.key.slice(1), content: key },
  ]);
}

export async function trustedCertificates(dataDir: string): Promise<readonly string[]> {
  const contents = await Promise.all(
    SOURCES.map((name) =>
      readFile(join(dataDir, 'ca', name), 'utf8').catch((error: unknown) => {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
        throw error;
      }),
    ),
  );
  return contents.filter((content) => content !== undefined && content.trim() !== '') as string[];
}

/** Adds the files to every container, and to the store of the stack, but not of docker images. */
export async function installCertificates(
  container: Docker.Container,
  certificates: readonly string[],
  into: 'image' | 'stack',
): Promise<void> {
  if (certificates.length === 0) return;
  const folder = SYSTEM_CERTIFICATES.slice(1);
  await putFiles(container, '/', [
    { name: `${folder}/` },
    ...certificates.map((content, index) => ({ name: `${folder}/trusted-ca-${index + 1}.crt`, content })),
  ]);
  if (into === 'stack') {
    const store = (await readContainerFile(container, CERTIFICATE_STORE))?.toString('utf8') ?? '';
    await putFiles(container, '/', [
      { name: CERTIFICATE_STORE.slice(1), content: [store, ...certificates].join('\n') },
    ]);
  }
}

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

/** The certificates of one instance: its identity, and the one of the TLS server in front of it. */
export class InstanceIdentity {
  /** Whether a TLS server is in front of the instance. */
  private readonly isSecured: boolean;

  public constructor(
    private readonly spec: InstanceSpec,
    private readonly certificates: InstanceCertificates,
  ) {
    this.isSecured = spec.ports.some((port) => tlsPortOf(port) !== undefined);
  }

  public issue(lease: Lease): Promise<Credentials> {
    return this.certificates.issue(this.subject(lease));
  }

  /** The TLS server's certificate, for a new holder; absent without a TLS server. */
  public get terminator(): ((credentials: Credentials) => string) | undefined {
    return this.isSecured ? pem : undefined;
  }

  /** Renews the certificates from now on. */
  public keep({ lease, holder }: InstanceNetwork, app: Docker.Container, inForce?: Credentials): void {
    const deliver = async (credentials: Credentials): Promise<void> => {
      await installIdentity(app, credentials.identity);
      if (this.isSecured) await renew(holder, pem(credentials));
    };
    this.certificates.keep(this.subject(lease), deliver, inForce);
  }

  public forget(): void {
    this.certificates.forget(this.spec.instanceGuid);
  }

  private subject({ overlay: address }: Lease): Subject {
    const { instanceGuid, appGuid, processType, spaceGuid, organizationGuid } = this.spec;
    return { instanceGuid, appGuid, processType, spaceGuid, organizationGuid, address };
  }
}

function pem({ server: { key, certificate } }: Credentials): string {
  return key + certificate;
}
