/**
 * What the foundation remembers, by kind. Rows are never changed in place: a change is another row with the same guid,
 * so that a transaction can be undone and a snapshot taken for nothing.
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
} from './app-records';
import type { Described, Row } from './row';
import type {
  RouteBinding,
  ServiceBinding,
  ServiceBroker,
  ServiceInstance,
  ServiceOffering,
  ServicePlan,
} from './service-records';

export type * from './app-records';
export type { Metadata, Row } from './row';
export type * from './service-records';

/** One of a kind each: the key that signs tokens, the revision of the network. */
export interface Fact extends Row {
  readonly value: string | number;
}

/** `null`, or left out: as much as one wants. */
type Limit = number | null;

export interface QuotaLimits {
  /** MiB of all instances together. */
  readonly totalMemory?: Limit;
  /** MiB of one instance. */
  readonly instanceMemory?: Limit;
  readonly totalInstances?: Limit;
  /** That have not ended: of all applications together, whatever the API's name for it says. */
  readonly totalTasks?: Limit;
  /** Bytes a second of all instances together. */
  readonly totalLogRate?: Limit;
  readonly totalServiceInstances?: Limit;
  readonly totalServiceKeys?: Limit;
  readonly totalRoutes?: Limit;
  /** There are no TCP routes: kept, and never reached. */
  readonly totalReservedPorts?: Limit;
  readonly totalDomains?: Limit;
  /** @default true */
  readonly paidServices?: boolean;
}

/** Of organizations; with an organization, of spaces in it. */
export interface Quota extends Row {
  readonly name: string;
  readonly limits: QuotaLimits;
  readonly organizationGuid?: string;
}

export interface Organization extends Described {
  readonly name: string;
  readonly quotaGuid?: string;
  /** What runs goes on; its members can't change anything. */
  readonly suspended?: boolean;
  /** Of its spaces that name no other. */
  readonly defaultSegmentGuid?: string;
}

/** Cells that only some organizations may use. Here there is one cell: the names and the entitlements are all of it. */
export interface IsolationSegment extends Described {
  readonly name: string;
  /** Guids of the organizations that may use it. */
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

/** What UAA knows of a user or a client: the hash of a secret and the scopes that it grants. */
export interface UserProfile {
  readonly email?: string;
  readonly givenName?: string;
  readonly familyName?: string;
}

export interface Credential extends Row {
  readonly kind: 'user' | 'client';
  readonly name: string;
  /** Of a user: the identity provider, whose name is a part of who it is. @default 'uaa' */
  readonly origin?: string;
  /** Of a user whom somebody has described. */
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
export type OrganizationRole = (typeof ORGANIZATION_ROLES)[number];
export type SpaceRole = (typeof SPACE_ROLES)[number];
export type RoleType = OrganizationRole | SpaceRole;

export interface Role extends Row {
  readonly type: RoleType;
  readonly userGuid: string;
  /** Exactly one of the two. */
  readonly organizationGuid?: string;
  readonly spaceGuid?: string;
}

export interface Domain extends Described {
  readonly name: string;
  readonly internal: boolean;
  /** Absent for a shared domain. */
  readonly organizationGuid?: string;
  /** Of an organization's own: others that may use it. */
  readonly sharedWith?: readonly string[];
}

export interface Destination {
  readonly guid: string;
  readonly appGuid: string;
  readonly processType: string;
  /** Absent: the first port that the container exposes. */
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

/** Who did it or what it happened to. */
export interface EventParty {
  readonly guid: string;
  readonly type: string;
  readonly name: string;
}

/** Something that happened, kept longer than what it happened to. */
export interface AuditEvent extends Row {
  readonly type: string;
  readonly actor: EventParty;
  readonly target: EventParty;
  /** Absent: it is about an organization. */
  readonly spaceGuid?: string;
  readonly organizationGuid: string;
  readonly data: Readonly<Record<string, unknown>>;
}

export interface JobFailure {
  readonly code: number;
  readonly title: string;
  readonly detail: string;
}

/** What a job does is data, so that one that was acknowledged and not done is done after a restart. */
export interface Job extends Row {
  readonly operation: string;
  readonly state: 'PROCESSING' | 'COMPLETE' | 'FAILED';
  readonly errors: readonly JobFailure[];
  readonly warnings?: readonly string[];
  /** Who wants it: brokers are told. */
  readonly userGuid?: string;
  /** Kind and guid of what it works on, for the link. */
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
