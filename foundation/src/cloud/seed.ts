/** The initial content of a foundation: a small version of cloud.gov as a tenant sees it. */
import type { SecurityGroupRule } from '../cell/cell';
import { SHARED_SEGMENT } from './isolation-segments';
import { NO_METADATA } from './metadata';
import { DEFAULT_QUOTA, NO_LIMITS } from './quotas';
import type { Row, SecurityGroup } from './records';
import type { State, Table } from './state';

export interface SeedOptions {
  readonly organization: string;
  readonly appsDomain: string;
  readonly internalDomain: string;
  /** Users and clients that are managers of the organization. */
  readonly managers: readonly string[];
}

const ensure = <T extends Row & { readonly name: string }>(table: Table<T>, row: T): T =>
  table.find(({ name }) => name === row.name) ?? table.put(row);

/** Everything but private and link-local addresses. */
const PUBLIC_RANGES = [
  '0.0.0.0-9.255.255.255',
  '11.0.0.0-169.253.255.255',
  '169.255.0.0-172.15.255.255',
  '172.32.0.0-192.167.255.255',
  '192.169.0.0-255.255.255.255',
];

const tcp = (destination: string, ports: string, description: string): SecurityGroupRule => ({
  protocol: 'tcp',
  destination,
  ports,
  log: false,
  description,
});

type Seeded = Pick<SecurityGroup, 'name' | 'rules' | 'globallyEnabled'>;

/**
 * cloud.gov's security groups, with the private addresses of the simulated internet.
 *
 * @see https://docs.cloud.gov/platform/management/space-egress/
 */
export const SECURITY_GROUPS: readonly Seeded[] = [
  {
    name: 'dns',
    globallyEnabled: { running: true, staging: true },
    rules: [
      tcp('0.0.0.0/0', '53', 'DNS over TCP'),
      { protocol: 'udp', destination: '0.0.0.0/0', ports: '53', log: false, description: 'DNS over UDP' },
    ],
  },
  {
    name: 'public_networks_egress',
    globallyEnabled: { running: false, staging: true },
    rules: [
      ...PUBLIC_RANGES.map((destination): SecurityGroupRule => ({ protocol: 'all', destination, log: false })),
      tcp('10.98.0.20', '443', "S3 behind a customer's VPC endpoint"),
      tcp('10.97.0.0/24', '443', 'S3 gateway, which has public addresses on the real platform'),
    ],
  },
  {
    name: 'trusted_local_networks_egress',
    globallyEnabled: { running: false, staging: true },
    rules: [
      tcp('10.96.0.0/24', '5432,3306,1433,1521', 'RDS'),
      tcp('10.96.1.0/24', '6379', 'ElastiCache'),
      tcp('10.96.2.0/24', '443', 'Elasticsearch'),
      tcp('10.97.0.0/24', '443', 'S3 gateway'),
    ],
  },
];

/** Creates what does not exist yet, by name. */
export const seed = (state: State, options: SeedOptions): void => {
  const stamp = () => ({ ...state.stamp(), metadata: NO_METADATA });
  const organization = ensure(state.organizations, { ...stamp(), name: options.organization });
  if (!state.quotas.get(DEFAULT_QUOTA)) {
    state.quotas.put({ ...state.stamp(), guid: DEFAULT_QUOTA, name: 'default', limits: NO_LIMITS });
  }
  ensure(state.isolationSegments, { ...stamp(), guid: SHARED_SEGMENT, name: 'shared', entitled: [] });
  ensure(state.domains, { ...stamp(), name: options.internalDomain, internal: true });
  ensure(state.domains, { ...stamp(), name: options.appsDomain, internal: false });
  for (const group of SECURITY_GROUPS) {
    ensure(state.securityGroups, { ...state.stamp(), ...group, runningSpaces: [], stagingSpaces: [] });
  }
  for (const { guid: userGuid } of state.credentials.where(({ name }) => options.managers.includes(name))) {
    for (const type of ['organization_user', 'organization_manager'] as const) {
      const has = state.roles.find(
        (role) => role.userGuid === userGuid && role.organizationGuid === organization.guid && role.type === type,
      );
      if (!has) state.roles.put({ ...state.stamp(), type, userGuid, organizationGuid: organization.guid });
    }
  }
};
