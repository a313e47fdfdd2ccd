/** What an application in a space may need to reach without a proxy. */
export type Target = 'web' | 'own bucket' | 'brokered bucket';

/**
 * What cloud.gov's security groups open. Your own bucket is an S3 bucket at its public address or behind a VPC
 * endpoint; a brokered bucket comes from the marketplace and is in the platform's network.
 *
 * @see https://cloud.gov/docs/management/space-egress/
 */
const OPENS: ReadonlyMap<string, readonly Target[]> = new Map([
  ['trusted_local_networks_egress', ['brokered bucket']],
  ['public_networks_egress', ['web', 'own bucket', 'brokered bucket']],
]);

/**
 * The names of the security groups that are bound to a space.
 *
 * Security groups can only allow, and Cloud Foundry combines them, so egress is a set and not a level: cloud.gov's
 * trusted-local group reaches databases that its public group doesn't. A space without security groups reaches only
 * internal routes and the DNS resolver. If a foundation's default groups open the internet, no space on it is closed.
 * The names here are cloud.gov's.
 *
 * @see https://docs.cloudfoundry.org/concepts/asg.html
 */
export class Egress {
  /** No security group, as in a new space. */
  static readonly CLOSED = Egress.of();
  /** The platform's own services, but not the internet. */
  static readonly TRUSTED_LOCAL = Egress.of('trusted_local_networks_egress');
  /** The internet, but not the platform's databases. */
  static readonly PUBLIC = Egress.of('public_networks_egress');

  /** Any security groups of any foundation, by name. */
  static of(...securityGroups: string[]): Egress {
    for (const name of securityGroups) {
      // The API's name filter takes a comma-separated list.
      if (!/^[^\s,]+$/.test(name)) {
        throw new Error(`'${name}' can't be looked up as a security group: give a name without spaces and commas`);
      }
    }
    return new Egress([...new Set(securityGroups)].sort());
  }

  private constructor(
    /** The names of the groups, in alphabetical order. */
    readonly securityGroups: readonly string[],
  ) {}

  /** Whether an application reaches the target without a proxy; undefined if a group is not one of cloud.gov's. */
  reaches(target: Target): boolean | undefined {
    if (this.securityGroups.some((name) => OPENS.get(name)?.includes(target))) return true;
    return this.securityGroups.every((name) => OPENS.has(name)) ? false : undefined;
  }

  /** Whether a proxy is useful in this space; undefined if a group is not one of cloud.gov's. */
  get reachesInternet(): boolean | undefined {
    return this.reaches('web');
  }

  /** `closed`, or the names of the groups. */
  toString(): string {
    return this.securityGroups.join(', ') || 'closed';
  }
}
