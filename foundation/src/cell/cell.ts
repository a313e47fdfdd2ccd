import type { Writable } from 'node:stream';

/**
 * What the cloud layer asks of the place where instances run. `DockerCell` is the real one; `MemoryCell` keeps the
 * same promises without a container engine, for tests of the API.
 */

export type Protocol = 'tcp' | 'udp';

/** One rule of an application security group, as Cloud Foundry's API takes it. */
export interface SecurityGroupRule {
  readonly protocol: 'tcp' | 'udp' | 'icmp' | 'icmpv6' | 'all';
  /** Address, CIDR or `A-B`; a comma list of these. */
  readonly destination: string;
  /** A port, a comma list or one range; only with tcp and udp. */
  readonly ports?: string;
  readonly type?: number;
  readonly code?: number;
  readonly log?: boolean;
  readonly description?: string;
}

/** Opens source to destination; there is no other way from one instance to another. */
export interface PolicyRule {
  readonly sourceAppGuid: string;
  readonly destinationAppGuid: string;
  readonly protocol: Protocol;
  readonly startPort: number;
  readonly endPort: number;
}

export interface RouteDestination {
  readonly appGuid: string;
  readonly processType: string;
  /** Port in the container that the router connects to. */
  readonly port: number;
}

export interface RouteRule {
  /** Fully qualified, lower case: `demo.apps.localhost`, or `*.apps.localhost`. */
  readonly hostname: string;
  /** Empty, or a path that begins with `/`. */
  readonly path: string;
  /** Internal routes are names in DNS; all others are the router's. */
  readonly internal: boolean;
  /** URL of the route service that requests go to first. */
  readonly routeService?: string;
  readonly destinations: readonly RouteDestination[];
}

/** All that is wanted of the network at one moment. Replaced as a whole; the cell works out what it touches. */
export interface NetworkState {
  /** Grows by one with each change; `Cell.appliedRevision` reaches it once packets obey. */
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
  /** Seconds until a start counts as failed. */
  readonly timeout: number;
  /** Seconds between checks of a healthy instance. */
  readonly interval: number;
  /** Seconds that one check may take. */
  readonly invocationTimeout: number;
}

/** Decides whether an instance that runs is named by DNS and router; one that fails it is not ended. */
export type ReadinessCheck = Omit<HealthCheck, 'timeout'>;

export type DropletSource =
  | { readonly kind: 'docker'; readonly image: string; readonly username?: string; readonly password?: string }
  | { readonly kind: 'buildpack'; readonly dropletGuid: string };

export interface SidecarSpec {
  readonly name: string;
  readonly command: string;
  /** MiB, of those of the instance. */
  readonly memory?: number;
}

/** What all instances of a process have in common. */
export interface ContainerSpec {
  readonly droplet: DropletSource;
  /** Start command; absent for a docker app that keeps its image's ENTRYPOINT and CMD. */
  readonly command?: string;
  /** Without the CF_INSTANCE_* values that only the cell knows; `${CF_INSTANCE_IP}` and the like are never expanded. */
  readonly env: Readonly<Record<string, string>>;
  /** MiB. */
  readonly memory: number;
  /** MiB. */
  readonly disk: number;
  /** Ports open in the container, the first one is PORT. */
  readonly ports: readonly number[];
  readonly healthCheck: HealthCheck;
  /** Absent: an instance is ready as long as it runs. */
  readonly readinessCheck?: ReadinessCheck;
  /** Its security groups' rules, where they don't change while it runs; absent: those that its space has at any time. */
  readonly egress?: readonly SecurityGroupRule[];
  /** Bytes a second that it may print; absent: any number. */
  readonly logRateLimit?: number;
  /** In the same container; when one of them or the process itself ends, all do. */
  readonly sidecars?: readonly SidecarSpec[];
}

/** An instance as it is to be started. Never changed afterwards: a change is another instance. */
export interface InstanceSpec extends ContainerSpec {
  readonly instanceGuid: string;
  readonly appGuid: string;
  readonly appName: string;
  readonly spaceGuid: string;
  readonly organizationGuid: string;
  /** A process's version: a rolling deployment has two of them at once. */
  readonly processGuid: string;
  readonly processType: string;
  readonly index: number;
  /**
   * Of a task: its name. A task runs its command once, and nobody is sent to it; in the network it is its application.
   *
   * @see https://docs.cloudfoundry.org/devguide/using-tasks.html
   */
  readonly task?: string;
}

export type InstanceState = 'STARTING' | 'RUNNING' | 'CRASHED' | 'STOPPING';

export interface InstanceReport {
  readonly instanceGuid: string;
  readonly state: InstanceState;
  /** Of one that runs: whether DNS and router name it. */
  readonly routable?: boolean;
  /** Overlay address. */
  readonly address?: string;
  /** Milliseconds since the epoch at which it entered the state. */
  readonly since: number;
  /** Why it crashed, as the platform words it: `Exited with status 1 (out of memory)`. */
  readonly details?: string;
  /** With which status its process ended; absent for one that was ended from outside or never began. */
  readonly exitStatus?: number;
}

/** Memory in bytes, CPU as a share of one core, what it prints in bytes a second. */
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
  /** Where the uploaded ZIP lies. */
  readonly packagePath: string;
  /** Where the droplet is to be written. */
  readonly dropletPath: string;
  readonly buildpacks: readonly string[];
  /** The application's own environment: the platform gives it to staging too. */
  readonly env: Readonly<Record<string, string>>;
  readonly memory: number;
  readonly disk: number;
}

export interface StagedDroplet {
  readonly processTypes: Readonly<Record<string, string>>;
  readonly detectedBuildpack: string;
  /** `sha256` in hex. */
  readonly checksum: string;
}

/** What an image says about itself, after a pull. */
export interface ImageFacts {
  /** EXPOSEd tcp ports, ascending. */
  readonly ports: readonly number[];
  readonly entrypoint: readonly string[];
  readonly cmd: readonly string[];
  readonly user: string;
  readonly workdir: string;
}

export interface LogLine {
  /** Nanoseconds since the epoch, as text: a number would lose digits. */
  readonly timestamp: string;
  readonly instanceIndex: string;
  /** Absent for what the platform says of the application as a whole. */
  readonly instanceGuid?: string;
  /** Of which it is an instance. */
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

/** What somebody runs in an instance's container, beside what it runs itself. */
export interface RemoteCommand {
  /** For the shell; absent: the shell itself, which reads what is typed. */
  readonly command?: string;
  /** Beyond what the instance's own processes have. */
  readonly env: Readonly<Record<string, string>>;
  /** Absent: it has no terminal. */
  readonly terminal?: TerminalSize;
}

export interface RemoteOutput {
  readonly stream: 'stdout' | 'stderr';
  readonly data: Buffer;
}

/** What is sent there, and what comes back; nothing is read ahead of who asks for it. */
export interface RemoteStream {
  readonly input: Writable;
  readonly output: AsyncIterable<RemoteOutput>;
  /** Cuts it off, whatever is still on its way. */
  close(): void;
}

export const SIGNALS = ['HUP', 'INT', 'QUIT', 'ABRT', 'KILL', 'USR1', 'USR2', 'PIPE', 'ALRM', 'TERM'] as const;
export type Signal = (typeof SIGNALS)[number];

export interface RemoteProcess extends RemoteStream {
  resize(size: TerminalSize): Promise<void>;
  /** To the process with all that it has started. */
  signal(signal: Signal): Promise<void>;
  /** Known once its output has ended. */
  status(): Promise<number>;
}

export interface Cell {
  /**
   * Adopts the instances of `specs` that run and removes every other container of this foundation. DNS and router answer
   * from then on, and not before: they know of no instance until then.
   */
  recover(specs: readonly InstanceSpec[], network: NetworkState): Promise<readonly InstanceReport[]>;
  /** Resolves once the process has been started under its rules; its health follows as reports. Rejects if it can't. */
  start(spec: InstanceSpec): Promise<void>;
  /** Out of DNS and router, TERM, 10 s, KILL; resolves when nothing of it is left. Unknown guids are fine. */
  stop(instanceGuid: string): Promise<void>;
  /** Resolves once every packet obeys the state's revision. */
  applyNetwork(state: NetworkState): Promise<void>;
  readonly appliedRevision: number;
  /** Rejects with a message for the developer when the image can't be had. */
  inspectImage(image: string, credentials?: { username: string; password: string }): Promise<ImageFacts>;
  /** Rejects with a `StagingError`. */
  stage(spec: StagingSpec): Promise<StagedDroplet>;
  /** Rejects where the instance does not run, or has no shell. */
  execute(instanceGuid: string, command: RemoteCommand): Promise<RemoteProcess>;
  /** A TCP connection from inside of the instance's network, under its rules; rejects where none comes about. */
  connect(instanceGuid: string, host: string, port: number): Promise<RemoteStream>;
  usage(instanceGuid: string): Promise<InstanceUsage | undefined>;
  logs(appGuid: string): readonly LogLine[];
  /** Adds a line of the platform's own to an application's log. */
  log(appGuid: string, line: Omit<LogLine, 'timestamp'>): void;
  onReport(listener: (report: InstanceReport) => void): void;
  close(): Promise<void>;
}

/** Staging failed: the text is a Cloud Foundry build error such as `NoAppDetectedError - ...`. */
export class StagingError extends Error {
  override readonly name = 'StagingError';
}
