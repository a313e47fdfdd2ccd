/**
 * What the foundation remembers, by kind. Rows are never changed in place: a change is another row with the same guid,
 * so that a transaction can be undone and a snapshot taken for nothing.
 */
import type { BrokerAddress, CatalogOffering, CatalogPlan, Credentials, Parameters } from './broker';
import type { ContainerSpec, InstanceSpec, SecurityGroupRule } from '../cell/cell';

export interface Row {
  readonly guid: string;
  readonly createdAt: string;
  readonly updatedAt: string;
}

export interface Metadata {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

interface Described extends Row {
  readonly metadata: Metadata;
}

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

/** What is under way with a broker, or that its catalog could not be had: there is nothing to order from it. */
export type BrokerState = 'synchronizing' | 'failed' | 'deleting';

export interface ServiceBroker extends Described {
  readonly name: string;
  /** Absent: it is a part of the foundation. */
  readonly address?: BrokerAddress;
  /** Of one that is a space's own. */
  readonly spaceGuid?: string;
  readonly state?: BrokerState;
}

export interface ServiceOffering extends Described, Omit<CatalogOffering, 'id' | 'plans'> {
  readonly catalogId: string;
  readonly brokerGuid: string;
  /** The broker offers it no more: what there is of it stays. */
  readonly retired?: boolean;
}

/** Who may make instances: everybody, an admin alone, the organizations that are named, or one space. */
export interface PlanVisibility {
  readonly type: 'public' | 'admin' | 'organization' | 'space';
  readonly organizations: readonly string[];
  readonly spaceGuid?: string;
}

export interface ServicePlan extends Described, Omit<CatalogPlan, 'id'> {
  readonly catalogId: string;
  readonly offeringGuid: string;
  readonly visibility: PlanVisibility;
  readonly retired?: boolean;
}

export interface LastOperation {
  readonly type: 'create' | 'update' | 'delete';
  readonly state: 'in progress' | 'succeeded' | 'failed';
  readonly description: string;
  readonly createdAt: string;
  readonly updatedAt: string;
  /** The broker is at it behind its answer: its own name for it, which may be empty. */
  readonly brokerOperation?: string;
}

export interface ServiceInstance extends Described {
  readonly type: 'user-provided' | 'managed';
  readonly name: string;
  readonly spaceGuid: string;
  readonly planGuid?: string;
  /** Of a managed one: what the broker was told. */
  readonly parameters?: Parameters;
  readonly dashboardUrl?: string;
  /** Other spaces that may bind it. */
  readonly sharedSpaces?: readonly string[];
  /** Of a user-provided one: those of a managed one are its bindings'. */
  readonly credentials: Credentials;
  readonly tags: readonly string[];
  readonly syslogDrainUrl: string | null;
  readonly routeServiceUrl: string | null;
  readonly lastOperation: LastOperation;
}

export interface ServiceBinding extends Described {
  readonly type: 'app' | 'key';
  readonly name: string | null;
  readonly serviceInstanceGuid: string;
  readonly appGuid?: string;
  readonly parameters?: Parameters;
  readonly credentials: Credentials;
  /** Of a managed instance: its broker's. */
  readonly syslogDrainUrl?: string;
  readonly lastOperation: LastOperation;
}

/** Requests to the route go to the service first. */
export interface RouteBinding extends Described {
  readonly routeGuid: string;
  readonly serviceInstanceGuid: string;
  /** The instance's when it was bound. */
  readonly routeServiceUrl: string;
}

export type Lifecycle =
  | { readonly type: 'docker' }
  | { readonly type: 'buildpack'; readonly buildpacks: readonly string[]; readonly stack: string };

export interface App extends Described {
  readonly name: string;
  readonly spaceGuid: string;
  readonly state: 'STARTED' | 'STOPPED';
  readonly lifecycle: Lifecycle;
  readonly env: Readonly<Record<string, string>>;
  readonly sshEnabled: boolean;
  readonly revisionsEnabled: boolean;
  readonly currentDropletGuid?: string;
}

/** How the process's containers are to be, as it was decided when the app was started last. */
export interface DesiredContainers extends ContainerSpec {
  /** Changes with each start: instances of another version are stopped. */
  readonly version: string;
  readonly revisionGuid: string;
  readonly dropletGuid: string;
  /** Absent in what is older than SSH, which is open. */
  readonly sshEnabled?: boolean;
}

export interface ProcessHealthCheck {
  readonly type: 'port' | 'http' | 'process';
  readonly endpoint?: string;
  readonly timeout?: number;
  readonly interval?: number;
  readonly invocationTimeout?: number;
}

export interface Process extends Described {
  readonly appGuid: string;
  readonly type: string;
  readonly command?: string;
  readonly instances: number;
  readonly memory: number;
  readonly disk: number;
  readonly logRateLimit: number;
  readonly healthCheck: ProcessHealthCheck;
  readonly readinessHealthCheck: Omit<ProcessHealthCheck, 'timeout'>;
  /** Absent while the app is stopped. */
  readonly desired?: DesiredContainers;
}

/** Another size for a process; what is absent stays. */
export type Scale = Partial<Pick<Process, 'instances' | 'memory' | 'disk' | 'logRateLimit'>>;

/** Runs beside the processes of these types, in their containers. */
export interface Sidecar extends Row {
  readonly appGuid: string;
  readonly name: string;
  readonly command: string;
  readonly processTypes: readonly string[];
  /** MiB of those of the process. */
  readonly memory?: number;
}

export type RevisionSidecar = Omit<Sidecar, keyof Row | 'appGuid'>;

export interface Instance extends Row {
  readonly processGuid: string;
  readonly version: string;
  readonly spec: InstanceSpec;
}

export type PackageState = 'AWAITING_UPLOAD' | 'PROCESSING_UPLOAD' | 'READY' | 'FAILED' | 'EXPIRED';

export interface Package extends Described {
  readonly appGuid: string;
  readonly type: 'bits' | 'docker';
  readonly state: PackageState;
  readonly image?: string;
  readonly username?: string;
  readonly password?: string;
  readonly checksum?: string;
  readonly error?: string;
}

export interface Build extends Described {
  readonly appGuid: string;
  readonly packageGuid: string;
  readonly state: 'STAGING' | 'STAGED' | 'FAILED';
  readonly error: string | null;
  readonly lifecycle: Lifecycle;
  readonly dropletGuid?: string;
  readonly createdBy: string;
}

export interface Droplet extends Described {
  readonly appGuid: string;
  /** Absent for a copy. */
  readonly packageGuid?: string;
  readonly lifecycle: Lifecycle;
  readonly processTypes: Readonly<Record<string, string>>;
  readonly detectedBuildpack?: string;
  readonly checksum?: string;
  readonly image?: string;
  /** What a docker image says of itself. */
  readonly execution?: {
    readonly ports: readonly number[];
    readonly entrypoint: readonly string[];
    readonly cmd: readonly string[];
    readonly workdir: string;
    readonly user: string;
  };
}

export interface Revision extends Described {
  readonly appGuid: string;
  readonly version: number;
  readonly dropletGuid: string;
  readonly env: Readonly<Record<string, string>>;
  readonly commands: Readonly<Record<string, string | null>>;
  /** Absent in one of a foundation that had none. */
  readonly sidecars?: readonly RevisionSidecar[];
  readonly description: string;
}

export type TaskState = 'PENDING' | 'RUNNING' | 'CANCELING' | 'SUCCEEDED' | 'FAILED';

export interface Task extends Described {
  readonly appGuid: string;
  /** Counts the tasks of its application. */
  readonly sequenceId: number;
  readonly name: string;
  readonly command: string;
  readonly state: TaskState;
  readonly memory: number;
  readonly disk: number;
  readonly logRateLimit: number;
  readonly dropletGuid: string;
  readonly failureReason: string | null;
  /** How it runs, as it was decided when it was made; absent once it has ended. */
  readonly spec?: InstanceSpec;
}

export type DeploymentReason =
  | 'DEPLOYING'
  /** A canary deployment that is on its way to a pause. */
  | 'PREPAUSED'
  | 'PAUSED'
  | 'DEPLOYED'
  | 'CANCELING'
  | 'CANCELED'
  | 'SUPERSEDED';

export interface Canary {
  /** For each of its steps, the percentage of instances that are new ones. @default - one step of one instance */
  readonly weights?: readonly number[];
  /** The one it is at, from 1. */
  readonly step: number;
}

export interface Deployment extends Described {
  readonly appGuid: string;
  readonly status: 'ACTIVE' | 'FINALIZED';
  readonly reason: DeploymentReason;
  /** @default - it is a rolling deployment */
  readonly canary?: Canary;
  readonly maxInFlight: number;
  readonly dropletGuid: string;
  readonly previousDropletGuid?: string;
  readonly revisionGuid: string;
  readonly processGuid: string;
  /** How many instances there were when it began: so many there are again when it is canceled. */
  readonly instances: number;
  /** What it changes of the process. */
  readonly scale?: Scale;
  readonly lastStatusChange: string;
  readonly lastHealthy: string;
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
