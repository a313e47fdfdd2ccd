import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { checkContainerPorts } from '../tls-port';
import { originOf } from './logs';
import type {
  Cell,
  ImageFacts,
  InstanceReport,
  InstanceSpec,
  InstanceUsage,
  LogLine,
  NetworkState,
  RemoteCommand,
  RemoteProcess,
  RemoteStream,
  StagedDroplet,
  StagingSpec,
} from './cell';

export interface MemoryCellOptions {
  readonly now?: () => number;
  /** The configuration of an image; throws if it can't be pulled. */
  readonly image?: (name: string, credentials?: { username: string; password: string }) => Partial<ImageFacts>;
  /** The result of staging; throws if it fails. */
  readonly staging?: (spec: StagingSpec) => Partial<StagedDroplet>;
  /** The fate of a started instance: with `hang` it never becomes healthy, with `wait` it runs but is not ready. */
  readonly fate?: (spec: InstanceSpec) => 'run' | 'wait' | 'hang' | 'crash' | 'refuse';
  /**
   * What runs inside of instances.
   *
   * @default - nothing, since there are no containers
   */
  readonly inside?: Inside;
}

export interface Inside {
  execute(spec: InstanceSpec, command: RemoteCommand): Promise<RemoteProcess>;
  connect(spec: InstanceSpec, host: string, port: number): Promise<RemoteStream>;
}

const NO_FACTS: ImageFacts = { ports: [], entrypoint: [], cmd: [], user: '', workdir: '' };
const FIRST_ADDRESS = 16;

/** A cell without containers or packets, for tests: instances are healthy as soon as they start. */
export class MemoryCell implements Cell {
  public appliedRevision = 0;
  public network: NetworkState | undefined;
  /** Running instances. `history` has every start and stop, in order. */
  public readonly running = new Map<string, InstanceSpec>();
  public readonly history: string[] = [];
  public readonly staged: StagingSpec[] = [];
  private readonly lines = new Map<string, LogLine[]>();
  private readonly listeners: ((report: InstanceReport) => void)[] = [];
  private readonly now: () => number;
  private addresses = FIRST_ADDRESS;

  public constructor(private readonly options: MemoryCellOptions = {}) {
    this.now = options.now ?? Date.now;
  }

  public recover(specs: readonly InstanceSpec[], network: NetworkState): Promise<readonly InstanceReport[]> {
    this.network = network;
    this.appliedRevision = network.revision;
    const wanted = new Set(specs.map(({ instanceGuid }) => instanceGuid));
    for (const guid of this.running.keys()) {
      if (!wanted.has(guid)) this.running.delete(guid);
    }
    return Promise.resolve([...this.running.keys()].map((guid) => this.report(guid, 'RUNNING')));
  }

  public async start(spec: InstanceSpec): Promise<void> {
    const fate = this.options.fate?.(spec) ?? 'run';
    if (fate === 'refuse') throw new Error(`instance of ${spec.appName} can't be started`);
    checkContainerPorts(spec.ports);
    this.history.push(`start ${spec.appName}/${spec.index}`);
    this.running.set(spec.instanceGuid, spec);
    this.log(spec.appGuid, {
      ...originOf(spec),
      source: 'CELL',
      stream: 'OUT',
      message: `Cell started container for instance ${spec.instanceGuid}`,
    });
    setImmediate(() => {
      // The instance may have been stopped by now.
      if ((fate === 'run' || fate === 'wait') && this.running.has(spec.instanceGuid)) {
        this.tell({ ...this.report(spec.instanceGuid, 'RUNNING'), routable: fate === 'run' });
      } else if (fate === 'crash') {
        this.crash(spec.instanceGuid, `APP/PROC/${spec.processType.toUpperCase()}: Exited with status 1`);
      }
    });
    await Promise.resolve();
  }

  public stop(instanceGuid: string): Promise<void> {
    const spec = this.running.get(instanceGuid);
    if (spec) {
      this.history.push(`stop ${spec.appName}/${spec.index}`);
      this.running.delete(instanceGuid);
    }
    return Promise.resolve();
  }

  public applyNetwork(state: NetworkState): Promise<void> {
    this.network = state;
    this.appliedRevision = state.revision;
    return Promise.resolve();
  }

  public async inspectImage(image: string, credentials?: { username: string; password: string }): Promise<ImageFacts> {
    await Promise.resolve();
    return { ...NO_FACTS, ...this.options.image?.(image, credentials) };
  }

  public async stage(spec: StagingSpec): Promise<StagedDroplet> {
    this.staged.push(spec);
    const made = this.options.staging?.(spec);
    await writeFile(spec.dropletPath, spec.buildGuid);
    return {
      processTypes: { web: 'npm start' },
      detectedBuildpack: 'nodejs',
      checksum: createHash('sha256').update(spec.buildGuid).digest('hex'),
      ...made,
    };
  }

  public async execute(instanceGuid: string, command: RemoteCommand): Promise<RemoteProcess> {
    const { inside, spec } = this.enter(instanceGuid);
    return inside.execute(spec, command);
  }

  public async connect(instanceGuid: string, host: string, port: number): Promise<RemoteStream> {
    const { inside, spec } = this.enter(instanceGuid);
    return inside.connect(spec, host, port);
  }

  public usage(instanceGuid: string): Promise<InstanceUsage | undefined> {
    return Promise.resolve(this.running.has(instanceGuid) ? { memory: 0, cpu: 0, disk: 0, logRate: 0 } : undefined);
  }

  public logs(appGuid: string): readonly LogLine[] {
    return this.lines.get(appGuid) ?? [];
  }

  public log(appGuid: string, line: Omit<LogLine, 'timestamp'>): void {
    const lines = this.lines.get(appGuid) ?? [];
    lines.push({ timestamp: `${this.now()}000000`, ...line });
    this.lines.set(appGuid, lines);
  }

  public onReport(listener: (report: InstanceReport) => void): void {
    this.listeners.push(listener);
  }

  public close(): Promise<void> {
    this.listeners.length = 0;
    return Promise.resolve();
  }

  /** Makes an instance exit by itself. */
  public crash(instanceGuid: string, details: string): void {
    if (this.running.delete(instanceGuid)) this.tell({ ...this.report(instanceGuid, 'CRASHED'), details });
  }

  /** Changes the readiness of a running instance. */
  public ready(instanceGuid: string, routable: boolean): void {
    this.tell({ ...this.report(instanceGuid, 'RUNNING'), routable });
  }

  /** Ends a task. */
  public exit(instanceGuid: string, exitStatus: number): void {
    if (this.running.delete(instanceGuid)) {
      const details = `Exited with status ${exitStatus}`;
      this.tell({ ...this.report(instanceGuid, 'CRASHED'), exitStatus, details });
    }
  }

  private enter(instanceGuid: string): { readonly inside: Inside; readonly spec: InstanceSpec } {
    const spec = this.running.get(instanceGuid);
    if (!spec) throw new Error(`instance ${instanceGuid} does not run`);
    if (!this.options.inside) {
      throw new Error('there are no containers here: start the foundation with a container engine');
    }
    return { inside: this.options.inside, spec };
  }

  private report(instanceGuid: string, state: InstanceReport['state']): InstanceReport {
    return { instanceGuid, state, address: `10.255.0.${this.addresses++}`, since: this.now() };
  }

  private tell(report: InstanceReport): void {
    for (const listener of this.listeners) listener(report);
  }
}
