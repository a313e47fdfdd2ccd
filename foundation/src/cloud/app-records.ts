/** What the foundation remembers of applications, from the package to the deployment. */
import type { ContainerSpec, InstanceSpec } from '../cell/cell';

/** The fields of every record. */
export interface Row {
  readonly guid: string;
  readonly createdAt: string;
  readonly updatedAt: string;
}

export interface Metadata {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

export interface Described extends Row {
  readonly metadata: Metadata;
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

/** The desired containers of a process, as of the last start of the application. */
export interface DesiredContainers extends ContainerSpec {
  /** Changes with each start; instances of another version are stopped. */
  readonly version: string;
  readonly revisionGuid: string;
  readonly dropletGuid: string;
  /** Absent in rows from before SSH was supported, which means enabled. */
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
  /** Absent while the application is stopped. */
  readonly desired?: DesiredContainers;
}

/** A change of a process's size; absent fields stay as they are. */
export type Scale = Partial<Pick<Process, 'instances' | 'memory' | 'disk' | 'logRateLimit'>>;

/** Runs in the containers of processes of these types. */
export interface Sidecar extends Row {
  readonly appGuid: string;
  readonly name: string;
  readonly command: string;
  readonly processTypes: readonly string[];
  /** MiB, taken from those of the process. */
  readonly memory?: number;
}

export type RevisionSidecar = Omit<Sidecar, keyof Row | 'appGuid'>;

export interface Instance extends Row {
  readonly processGuid: string;
  readonly version: string;
  readonly spec: InstanceSpec;
}

type PackageState = 'AWAITING_UPLOAD' | 'PROCESSING_UPLOAD' | 'READY' | 'FAILED' | 'EXPIRED';

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
  /** From the configuration of a docker image. */
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
  /** Absent in rows from before sidecars were supported. */
  readonly sidecars?: readonly RevisionSidecar[];
  readonly description: string;
}

export type TaskState = 'PENDING' | 'RUNNING' | 'CANCELING' | 'SUCCEEDED' | 'FAILED';

export interface Task extends Described {
  readonly appGuid: string;
  /** Numbers the tasks of an application. */
  readonly sequenceId: number;
  readonly name: string;
  readonly command: string;
  readonly state: TaskState;
  readonly memory: number;
  readonly disk: number;
  readonly logRateLimit: number;
  readonly dropletGuid: string;
  readonly failureReason: string | null;
  /** The container's specification, as of the task's creation; absent once the task has ended. */
  readonly spec?: InstanceSpec;
}

export type DeploymentReason =
  | 'DEPLOYING'
  /** A canary deployment that has not reached its pause yet. */
  | 'PREPAUSED'
  | 'PAUSED'
  | 'DEPLOYED'
  | 'CANCELING'
  | 'CANCELED'
  | 'SUPERSEDED';

export interface Canary {
  /**
   * The percentage of new instances in each step.
   *
   * @default - one step of one instance
   */
  readonly weights?: readonly number[];
  /** The current step, from 1. */
  readonly step: number;
}

export interface Deployment extends Described {
  readonly appGuid: string;
  readonly status: 'ACTIVE' | 'FINALIZED';
  readonly reason: DeploymentReason;
  /** @default - a rolling deployment */
  readonly canary?: Canary;
  readonly maxInFlight: number;
  readonly dropletGuid: string;
  readonly previousDropletGuid?: string;
  readonly revisionGuid: string;
  readonly processGuid: string;
  /** The number of instances at the start, which canceling restores. */
  readonly instances: number;
  /** Changes of the process's size. */
  readonly scale?: Scale;
  readonly lastStatusChange: string;
  readonly lastHealthy: string;
}
