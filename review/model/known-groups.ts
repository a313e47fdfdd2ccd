import { PRIVATE, addresses } from './addresses';
import { Reach } from './reach';
import { Traffic } from './traffic';

/**
 * What is known about cloud.gov's groups from their names alone, for readers that see no rules. The public group's two
 * customer endpoints and the local group's subnets differ between foundations, so they stay unknown within limits.
 *
 * @see https://cloud.gov/docs/management/space-egress/
 */
const KNOWN: Readonly<Record<string, Reach>> = {
  public_networks_egress: new Reach(
    Traffic.to(
      addresses(
        '0.0.0.0-9.255.255.255,11.0.0.0-169.253.255.255,169.255.0.0-172.15.255.255,172.32.0.0-192.167.255.255,' +
          '192.169.0.0-255.255.255.255',
      ),
    ),
    [
      {
        token: 'group public_networks_egress',
        because: 'the private endpoints that this foundation adds to security group public_networks_egress',
        atMost: Traffic.rule({ protocol: 'tcp', destination: '10.0.0.0/8', ports: '443' }),
        opens: true,
      },
    ],
  ),
  trusted_local_networks_egress: new Reach(Traffic.NONE, [
    {
      token: 'group trusted_local_networks_egress',
      because: 'the brokered services (databases, Redis, S3) that security group trusted_local_networks_egress names',
      atMost: Traffic.to(PRIVATE),
      opens: true,
    },
  ]),
};

const ID = /^[0-9a-f]{8}-[0-9a-f]{4}-/;

/** What a group opens if its rules weren't read. When a plan removes a group, it shows only the group's id. */
export function knownGroup(name: string): Reach {
  const title = ID.test(name) ? 'a security group that the plan does not describe' : `security group ${name}`;
  return (
    (Object.hasOwn(KNOWN, name) ? KNOWN[name] : undefined) ??
    new Reach(Traffic.NONE, [
      { token: `group ${name}`, because: `what ${title} opens; its rules were not read`, opens: true },
    ])
  );
}

/** Whether the platform itself provides a group of this name. */
export function isKnownGroup(name: string): boolean {
  return Object.hasOwn(KNOWN, name);
}
