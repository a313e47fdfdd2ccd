/** What an application in a space may want to reach without a proxy. */
export type Target = 'web' | 'own bucket' | 'brokered bucket';

/**
 * What cloud.gov's groups open. An own bucket is an S3 bucket on its public address or behind a VPC endpoint, a brokered
 * one comes from the platform's marketplace and lies in its own network.
 *
 * @see https://cloud.gov/docs/management/space-egress/
 */
const OPENS: ReadonlyMap<string, readonly Target[]> = new Map([
  ['trusted_local_networks_egress', ['brokered bucket']],
  ['public_networks_egress', ['web', 'own bucket', 'brokered bucket']],
]);

/**
 * The security groups that are bound to a space, as a set of their names.
 *
 * Security groups only allow, and Cloud Foundry adds them up, so this is a set and not a level: cloud.gov's trusted-local
 * reaches databases that public does not. A space without any reaches nothing but internal routes, and the resolver.
 * On a foundation whose default groups open the internet no space is closed; the names here are cloud.gov's.
 *
 * @see https://docs.cloudfoundry.org/concepts/asg.html
 */
export class Egress {
  /** No group: what a new space is. */
  static readonly CLOSED = Egress.of();
  /** The platform's own services, not the internet. */
  static readonly TRUSTED_LOCAL = Egress.of('trusted_local_networks_egress');
  /** The internet, not the platform's databases. */
  static readonly PUBLIC = Egress.of('public_networks_egress');

  /** Any groups of any foundation, by name. */
  static of(...securityGroups: string[]): Egress {
    for (const name of securityGroups) {
      // The API's name filter takes a list separated by commas.
      if (!/^[^\s,]+$/.test(name)) {
        throw new Error(`'${name}' can't be looked up as a security group: give a name without spaces and commas`);
      }
    }
    return new Egress([...new Set(securityGroups)].sort());
  }

  private constructor(readonly securityGroups: readonly string[]) {}

  /** Whether an application reaches the target without a proxy; undefined if a group is not one of cloud.gov's. */
  reaches(target: Target): boolean | undefined {
    if (this.securityGroups.some((name) => OPENS.get(name)?.includes(target))) return true;
    return this.securityGroups.every((name) => OPENS.has(name)) ? false : undefined;
  }

  /** Whether a proxy is of any use here; undefined if a group is not one of cloud.gov's. */
  get reachesInternet(): boolean | undefined {
    return this.reaches('web');
  }

  /** `closed`, or the names of the groups. */
  toString(): string {
    return this.securityGroups.join(', ') || 'closed';
  }
}
