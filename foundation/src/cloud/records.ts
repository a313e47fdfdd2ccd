/**
 * The foundation's data, by kind. Rows never change in place: a change replaces the row by another with the same GUID,
 * which makes rollbacks and snapshots cheap.
 */
import type { SecurityGroupRule } from '../cell/cell';
import type {
  App,
  Build,
  Deployment,
  Droplet,
  Instance,
  Package,
  Process,
  Revision,
  Sidecar,
  Task,
  Described,
  Row,
} from './app-records';
import type {
  RouteBinding,
  ServiceBinding,
  ServiceBroker,
  ServiceInstance,
  ServiceOffering,
  ServicePlan,
} from './service-records';

export type * from './app-records';
export type * from './service-records';

/** A single value, such as the key that signs tokens or the revision of the network. */
interface Fact extends Row {
  readonly value: string | number;
}

/** `null` or absent: no limit. */
type Limit = number | null;

export interface QuotaLimits {
  /** MiB in total over all instances. */
  readonly totalMemory?: Limit;
  /** MiB per instance. */
  readonly instanceMemory?: Limit;
  readonly totalInstances?: Limit;
  /** Running tasks of all applications together, although the API's name says per application. */
  readonly totalTasks?: Limit;
  /** Bytes per second in total over all instances. */
  readonly totalLogRate?: Limit;
  readonly totalServiceInstances?: Limit;
  readonly totalServiceKeys?: Limit;
  readonly totalRoutes?: Limit;
  /** Stored, but without effect, since there are no TCP routes. */
  readonly totalReservedPorts?: Limit;
  readonly totalDomains?: Limit;
  /** @default true */
  readonly paidServices?: boolean;
}

/** A quota for organizations, or, with `organizationGuid`, for spaces in that organization. */
export interface Quota extends Row {
  readonly name: string;
  readonly limits: QuotaLimits;
  readonly organizationGuid?: string;
}

export interface Organization extends Described {
  readonly name: string;
  readonly quotaGuid?: string;
  /** Applications keep running, but members can't change anything. */
  readonly suspended?: boolean;
  /** The segment of spaces that name no other. */
  readonly defaultSegmentGuid?: string;
}

/** Cells that only some organizations may use. Since there is one cell here, only names and entitlements are kept. */
export interface IsolationSegment extends Described {
  readonly name: string;
  /** GUIDs of the organizations that may use it. */
  readonly entitled: readonly string[];
}

export interface Space extends Described {
  readonly name: string;
  readonly organizationGuid: string;
  readonly quotaGuid?: string;
  readonly segmentGuid?: string;
  readonly sshAllowed: boolean;
}

export interface User extends Described {
  /** Absent for a UAA client, which is a user without a name. */
  readonly username?: string;
  readonly origin?: string;
}

/** A user's profile in UAA. */
export interface UserProfile {
  readonly email?: string;
  readonly givenName?: string;
  readonly familyName?: string;
}

export interface Credential extends Row {
  readonly kind: 'user' | 'client';
  readonly name: string;
  /**
   * For a user, the identity provider, which is part of the user's identity.
   *
   * @default 'uaa'
   */
  readonly origin?: string;
  /** For a user who has a profile. */
  readonly profile?: UserProfile;
  readonly hash: string;
  readonly scopes: readonly string[];
}

export const ORGANIZATION_ROLES = [
  'organization_user',
  'organization_auditor',
  'organization_manager',
  'organization_billing_manager',
] as const;
export const SPACE_ROLES = ['space_auditor', 'space_developer', 'space_manager', 'space_supporter'] as const;
type OrganizationRole = (typeof ORGANIZATION_ROLES)[number];
export type SpaceRole = (typeof SPACE_ROLES)[number];
export type RoleType = OrganizationRole | SpaceRole;

export interface Role extends Row {
  readonly type: RoleType;
  readonly userGuid: string;
  /** Either this or `spaceGuid` is set. */
  readonly organizationGuid?: string;
  readonly spaceGuid?: string;
}

export interface Domain extends Described {
  readonly name: string;
  readonly internal: boolean;
  /** Absent for a shared domain. */
  readonly organizationGuid?: string;
  /** For a private domain, the other organizations that may use it. */
  readonly sharedWith?: readonly string[];
}

export interface Destination {
  readonly guid: string;
  readonly appGuid: string;
  readonly processType: string;
  /** @default - the first port that the container exposes */
  readonly port?: number;
}

export interface Route extends Described {
  readonly spaceGuid: string;
  readonly domainGuid: string;
  readonly host: string;
  readonly path: string;
  readonly destinations: readonly Destination[];
}

export interface SecurityGroup extends Row {
  readonly name: string;
  readonly rules: readonly SecurityGroupRule[];
  readonly globallyEnabled: { readonly running: boolean; readonly staging: boolean };
  readonly runningSpaces: readonly string[];
  readonly stagingSpaces: readonly string[];
}

export interface Policy extends Row {
  readonly sourceAppGuid: string;
  readonly destinationAppGuid: string;
  readonly protocol: 'tcp' | 'udp';
  readonly startPort: number;
  readonly endPort: number;
}

/** The actor or target of an event. */
export interface EventParty {
  readonly guid: string;
  readonly type: string;
  readonly name: string;
}

/** An audit event, which outlives its target. */
export interface AuditEvent extends Row {
  readonly type: string;
  readonly actor: EventParty;
  readonly target: EventParty;
  /** Absent for an event about an organization. */
  readonly spaceGuid?: string;
  readonly organizationGuid: string;
  readonly data: Readonly<Record<string, unknown>>;
}

export interface JobFailure {
  readonly code: number;
  readonly title: string;
  readonly detail: string;
}

/** A job's work is stored as data, so a restart continues jobs that were accepted but not finished. */
export interface Job extends Row {
  readonly operation: string;
  readonly state: 'PROCESSING' | 'COMPLETE' | 'FAILED';
  readonly errors: readonly JobFailure[];
  readonly warnings?: readonly string[];
  /** The user who started it, for brokers. */
  readonly userGuid?: string;
  /** Kind and GUID of the job's object, for the link. */
  readonly subject: { readonly kind: string; readonly guid: string };
  readonly work: object;
}

export interface Records {
  facts: Fact;
  quotas: Quota;
  organizations: Organization;
  isolationSegments: IsolationSegment;
  spaces: Space;
  users: User;
  credentials: Credential;
  roles: Role;
  domains: Domain;
  routes: Route;
  securityGroups: SecurityGroup;
  policies: Policy;
  serviceBrokers: ServiceBroker;
  serviceOfferings: ServiceOffering;
  servicePlans: ServicePlan;
  serviceInstances: ServiceInstance;
  serviceBindings: ServiceBinding;
  routeBindings: RouteBinding;
  apps: App;
  processes: Process;
  sidecars: Sidecar;
  instances: Instance;
  packages: Package;
  builds: Build;
  droplets: Droplet;
  revisions: Revision;
  deployments: Deployment;
  events: AuditEvent;
  tasks: Task;
  jobs: Job;
}

export type Kind = keyof Records;

/** Names keep their case, but are compared without it. */
export const isSameName = (one: string, other: string): boolean => one.toLowerCase() === other.toLowerCase();
