import type { Writable } from 'node:stream';

/**
 * The interface between the cloud layer and the place where instances run. `DockerCell` is the real implementation;
 * `MemoryCell` behaves the same without a container engine, for tests of the API.
 */

type Protocol = 'tcp' | 'udp';

/** A rule of a security group, as in Cloud Foundry's API. */
export interface SecurityGroupRule {
  readonly protocol: 'tcp' | 'udp' | 'icmp' | 'icmpv6' | 'all';
  /** An address, CIDR, or `A-B`, or a comma-separated list of these. */
  readonly destination: string;
  /** A port, a comma-separated list, or one range; only for TCP and UDP. */
  readonly ports?: string;
  readonly type?: number;
  readonly code?: number;
  readonly log?: boolean;
  readonly description?: string;
}

/** Lets the source connect to the destination, which no instance may do without a policy. */
export interface PolicyRule {
  readonly sourceAppGuid: string;
  readonly destinationAppGuid: string;
  readonly protocol: Protocol;
  readonly startPort: number;
  readonly endPort: number;
}

interface RouteDestination {
  readonly appGuid: string;
  readonly processType: string;
  /** The container's port that the router connects to. */
  readonly port: number;
}

export interface RouteRule {
  /** Fully qualified, in lower case: `demo.apps.localhost`, or `*.apps.localhost`. */
  readonly hostname: string;
  /** Empty, or a path that begins with `/`. */
  readonly path: string;
  /** Internal routes are served by DNS, all others by the router. */
  readonly internal: boolean;
  /** URL of the route service that requests go to first. */
  readonly routeService?: string;
  readonly destinations: readonly RouteDestination[];
}

/** The complete desired network. It is replaced as a whole, and the cell works out what has changed. */
export interface NetworkState {
  /** Increases by one with each change; `Cell.appliedRevision` follows once the change is enforced. */
  readonly revision: number;
  readonly spaces: Readonly<
    Record<string, { readonly running: readonly SecurityGroupRule[]; readonly staging: readonly SecurityGroupRule[] }>
  >;
  readonly policies: readonly PolicyRule[];
  readonly routes: readonly RouteRule[];
}

export interface HealthCheck {
  readonly type: 'port' | 'http' | 'process';
  readonly endpoint: string;
  /** Seconds after which a start has failed. */
  readonly timeout: number;
  /** Seconds between checks of a healthy instance. */
  readonly interval: number;
  /** Seconds that one check may take. */
  readonly invocationTimeout: number;
}

/** Decides whether DNS and router include a running instance. An instance that fails it keeps running. */
export type ReadinessCheck = Omit<HealthCheck, 'timeout'>;

export type DropletSource =
  | { readonly kind: 'docker'; readonly image: string; readonly username?: string; readonly password?: string }
  | { readonly kind: 'buildpack'; readonly dropletGuid: string };

export interface SidecarSpec {
  readonly name: string;
  readonly command: string;
  /** MiB, taken from those of the instance. */
  readonly memory?: number;
}

/** The specification that all instances of a process share. */
export interface ContainerSpec {
  readonly droplet: DropletSource;
  /** The start command; absent for a docker app that uses its image's ENTRYPOINT and CMD. */
  readonly command?: string;
  /** Without the CF_INSTANCE_* variables, which the cell adds. References to them aren't expanded. */
  readonly env: Readonly<Record<string, string>>;
  /** MiB. */
  readonly memory: number;
  /** MiB. */
  readonly disk: number;
  /** Open ports of the container; the first is PORT. */
  readonly ports: readonly number[];
  readonly healthCheck: HealthCheck;
  /** @default - an instance is ready as long as it runs */
  readonly readinessCheck?: ReadinessCheck;
  /**
   * Security group rules that don't change while the instance runs.
   *
   * @default - the current rules of its space
   */
  readonly egress?: readonly SecurityGroupRule[];
  /**
   * Bytes per second that it may log.
   *
   * @default - no limit
   */
  readonly logRateLimit?: number;
  /** Run in the same container; if one of them or the process exits, all are stopped. */
  readonly sidecars?: readonly SidecarSpec[];
}

/** The specification of one instance. It never changes: a change means another instance. */
export interface InstanceSpec extends ContainerSpec {
  readonly instanceGuid: string;
  readonly appGuid: string;
  readonly appName: string;
  readonly spaceGuid: string;
  readonly organizationGuid: string;
  /** During a rolling deployment, instances of two processes run at once. */
  readonly processGuid: string;
  readonly processType: string;
  readonly index: number;
  /**
   * The name of a task. A task runs its command once and gets no requests; its network access is its application's.
   *
   * @see https://docs.cloudfoundry.org/devguide/using-tasks.html
   */
  readonly task?: string;
}

export type InstanceState = 'STARTING' | 'RUNNING' | 'CRASHED' | 'STOPPING';

export interface InstanceReport {
  readonly instanceGuid: string;
  readonly state: InstanceState;
  /** For a running instance: whether DNS and router include it. */
  readonly routable?: boolean;
  /** The address in the overlay. */
  readonly address?: string;
  /** When it entered the state, in milliseconds since the epoch. */
  readonly since: number;
  /** Why it crashed, in the platform's words: `APP/PROC/WEB: Exited with status 1 (out of memory)`. */
  readonly details?: string;
  /** The exit status of its process; absent if the process was killed from outside or never started. */
  readonly exitStatus?: number;
}

/** Memory in bytes, CPU as a fraction of one core, log rate in bytes per second. */
export interface InstanceUsage {
  readonly memory: number;
  readonly cpu: number;
  readonly disk: number;
  readonly logRate: number;
}

export interface StagingSpec {
  readonly buildGuid: string;
  readonly appGuid: string;
  readonly appName: string;
  readonly spaceGuid: string;
  /** The path of the uploaded ZIP file. */
  readonly packagePath: string;
  /** The path to write the droplet to. */
  readonly dropletPath: string;
  readonly buildpacks: readonly string[];
  /** The application's own environment, which staging gets, as on the platform. */
  readonly env: Readonly<Record<string, string>>;
  readonly memory: number;
  readonly disk: number;
}

export interface StagedDroplet {
  readonly processTypes: Readonly<Record<string, string>>;
  readonly detectedBuildpack: string;
  /** SHA-256 in hex. */
  readonly checksum: string;
}

/** The configuration of a pulled image. */
export interface ImageFacts {
  /** Exposed TCP ports, in ascending order. */
  readonly ports: readonly number[];
  readonly entrypoint: readonly string[];
  readonly cmd: readonly string[];
  readonly user: string;
  readonly workdir: string;
}

export interface LogLine {
  /** Nanoseconds since the epoch, as a string, since a number would lose digits. */
  readonly timestamp: string;
  readonly instanceIndex: string;
  /** Absent for the platform's lines about the application as a whole. */
  readonly instanceGuid?: string;
  /** The instance's process. */
  readonly process?: { readonly guid: string; readonly type: string };
  /** `APP/PROC/WEB`, `APP/TASK/NAME`, `STG`, `CELL`, `RTR`. */
  readonly source: string;
  readonly stream: 'OUT' | 'ERR';
  readonly message: string;
}

export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

/** A command that a user runs in an instance's container over SSH. */
export interface RemoteCommand {
  /** @default - an interactive shell */
  readonly command?: string;
  /** Variables in addition to those of the instance's processes. */
  readonly env: Readonly<Record<string, string>>;
  /** @default - no terminal */
  readonly terminal?: TerminalSize;
}

export interface RemoteOutput {
  readonly stream: 'stdout' | 'stderr';
  readonly data: Buffer;
}

/** Input and output of a command or connection. Output is read only as it is consumed. */
export interface RemoteStream {
  readonly input: Writable;
  readonly output: AsyncIterable<RemoteOutput>;
  /** Closes the stream and drops data in transit. */
  close(): void;
}

export const SIGNALS = ['HUP', 'INT', 'QUIT', 'ABRT', 'KILL', 'USR1', 'USR2', 'PIPE', 'ALRM', 'TERM'] as const;
export type Signal = (typeof SIGNALS)[number];

export interface RemoteProcess extends RemoteStream {
  resize(size: TerminalSize): Promise<void>;
  /** Signals the process and everything that it has started. */
  signal(signal: Signal): Promise<void>;
  /** The exit status, available once the output has ended. */
  status(): Promise<number>;
}

export interface Cell {
  /**
   * Adopts the running instances of `specs`, and removes every other container of this foundation. DNS and router start
   * to answer only then, since they know of no instances before.
   */
  recover(specs: readonly InstanceSpec[], network: NetworkState): Promise<readonly InstanceReport[]>;
  /** Resolves once the process has started under its rules, and rejects if it can't start. Reports tell its health. */
  start(spec: InstanceSpec): Promise<void>;
  /** Drops it from DNS and router, then sends TERM, and after 10 s KILL. Resolves once it is gone. May be repeated. */
  stop(instanceGuid: string): Promise<void>;
  /** Resolves once every namespace enforces the state. */
  applyNetwork(state: NetworkState): Promise<void>;
  readonly appliedRevision: number;
  /** Rejects with a message for the developer if the image can't be pulled. */
  inspectImage(image: string, credentials?: { username: string; password: string }): Promise<ImageFacts>;
  /** Rejects with a `StagingError`. */
  stage(spec: StagingSpec): Promise<StagedDroplet>;
  /** Rejects if the instance does not run, or has no shell. */
  execute(instanceGuid: string, command: RemoteCommand): Promise<RemoteProcess>;
  /** Opens a TCP connection from the instance's network namespace, under its rules; rejects if it fails. */
  connect(instanceGuid: string, host: string, port: number): Promise<RemoteStream>;
  usage(instanceGuid: string): Promise<InstanceUsage | undefined>;
  logs(appGuid: string): readonly LogLine[];
  /** Adds a line of the platform to an application's log. */
  log(appGuid: string, line: Omit<LogLine, 'timestamp'>): void;
  onReport(listener: (report: InstanceReport) => void): void;
  close(): Promise<void>;
}

/** Staging failed. The message is a Cloud Foundry build error, such as `NoAppDetectedError - ...`. */
export class StagingError extends Error {
  override readonly name = 'StagingError';
}
