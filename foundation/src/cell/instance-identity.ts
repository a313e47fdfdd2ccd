import type Docker from 'dockerode';
import { tlsPortOf } from '../tls-port';
import type { Lease } from './address-pool';
import type { InstanceSpec } from './cell';
import { installIdentity } from './certificates';
import type { Credentials, InstanceCertificates, Subject } from './instance-certificates';
import type { InstanceNetwork } from './instance-networks';
import { renew } from './terminator';

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
