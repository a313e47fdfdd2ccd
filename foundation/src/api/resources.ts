import type { Cloud } from '../cloud/cloud';
import type { Tokens } from '../cloud/tokens';
import { apps } from './apps';
import { auditEvents, usageEvents } from './audit-events';
import { builds, droplets } from './droplets';
import { deployments, revisions } from './deployments';
import { domains } from './domains';
import type { Endpoint } from './endpoint';
import { environmentGroups, featureFlags, notOffered } from './operator-settings';
import { isolationSegments } from './isolation-segments';
import { jobs } from './jobs';
import { logCache } from './log-cache';
import { organizations } from './organizations';
import { packages } from './packages';
import { policies } from './policies';
import { processes } from './processes';
import { quotas } from './quotas';
import { roles } from './roles';
import { root, type SshPlace } from './root';
import { routes } from './routes';
import { securityGroups } from './security-groups';
import { serviceCredentialBindings, serviceRouteBindings } from './service-bindings';
import { serviceInstances, sharedSpaces } from './service-instances';
import { serviceBrokers } from './service-brokers';
import { serviceOfferings, servicePlans } from './marketplace';
import { spaces } from './spaces';
import { stacks } from './stacks';
import { tasks } from './tasks';
import { uaa, uaaAuthorize } from './uaa';
import { uaaUsers } from './uaa-users';
import { users } from './users';

/** All endpoints. */
export const resources = (cloud: Cloud, tokens: Tokens, ssh?: SshPlace): readonly Endpoint[] => [
  ...root(cloud, ssh),
  ...uaa(cloud, tokens),
  ...uaaUsers(cloud),
  ...uaaAuthorize(cloud),
  ...organizations(cloud),
  ...quotas(cloud),
  ...isolationSegments(cloud),
  ...spaces(cloud),
  ...users(cloud),
  ...roles(cloud),
  ...domains(cloud),
  ...routes(cloud),
  ...securityGroups(cloud),
  ...policies(cloud),
  ...serviceBrokers(cloud),
  ...serviceOfferings(cloud),
  ...servicePlans(cloud),
  ...serviceInstances(cloud),
  ...sharedSpaces(cloud),
  ...serviceCredentialBindings(cloud),
  ...serviceRouteBindings(cloud),
  ...apps(cloud),
  ...processes(cloud),
  ...packages(cloud),
  ...builds(cloud),
  ...droplets(cloud),
  ...revisions(cloud),
  ...deployments(cloud),
  ...auditEvents(cloud),
  ...usageEvents(),
  ...tasks(cloud),
  ...jobs(cloud),
  ...stacks(),
  ...notOffered(),
  ...featureFlags(),
  ...environmentGroups(),
  ...logCache(cloud),
];
