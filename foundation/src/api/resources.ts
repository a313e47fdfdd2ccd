import type { Cloud } from '../cloud/cloud';
import type { Tokens } from '../cloud/tokens';
import { apps } from './apps';
import { auditEvents, usageEvents } from './audit-events';
import { builds } from './builds';
import { deployments } from './deployments';
import { domains } from './domains';
import { droplets } from './droplets';
import type { Endpoint } from './endpoint';
import { environmentGroups } from './environment-groups';
import { featureFlags } from './feature-flags';
import { isolationSegments } from './isolation-segments';
import { jobs } from './jobs';
import { logCache } from './log-cache';
import { notOffered } from './not-offered';
import { organizations } from './organizations';
import { packages } from './packages';
import { policies } from './policies';
import { processes } from './processes';
import { quotas } from './quotas';
import { revisions } from './revisions';
import { roles } from './roles';
import { root, type SshPlace } from './root';
import { routes } from './routes';
import { securityGroups } from './security-groups';
import { serviceCredentialBindings } from './service-credential-bindings';
import { serviceInstances } from './service-instances';
import { serviceBrokers } from './service-brokers';
import { serviceOfferings } from './service-offerings';
import { servicePlans } from './service-plans';
import { serviceRouteBindings } from './service-route-bindings';
import { sharedSpaces } from './shared-spaces';
import { sidecars } from './sidecars';
import { spaces } from './spaces';
import { stacks } from './stacks';
import { tasks } from './tasks';
import { uaa } from './uaa';
import { uaaAuthorize } from './uaa-authorize';
import { users } from './users';

/** All endpoints. */
export const resources = (cloud: Cloud, tokens: Tokens, ssh?: SshPlace): readonly Endpoint[] => [
  ...root(cloud, ssh),
  ...uaa(cloud, tokens),
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
  ...sidecars(cloud),
  ...packages(cloud),
  ...builds(cloud),
  ...droplets(cloud),
  ...revisions(cloud),
  ...deployments(cloud),
  ...auditEvents(cloud),
  ...usageEvents(),
  ...tasks(cloud),
  ...jobs(cloud),
  ...stacks(cloud),
  ...notOffered(),
  ...featureFlags(),
  ...environmentGroups(),
  ...logCache(cloud),
];
