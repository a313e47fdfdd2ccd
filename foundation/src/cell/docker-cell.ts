import { join } from 'node:path';
import type Docker from 'dockerode';
import { type KeyPair, loadAuthority } from '../authority';
import { isWithin } from '../domain-name';
import { SerialQueue } from '../serial-queue';
import type { Settings } from '../settings';
import { type AddressPlan, AddressPool, planAddresses } from './addresses';
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
  RouteRule,
  StagedDroplet,
  StagingSpec,
} from './cell';
import { type CellServers, startServers } from './cell-servers';
import { Directory } from './directory';
import { removeContainer } from './engine';
import type { StaticRoute } from './holder';
import { type Credentials, fullReference, imageFacts, pullImage } from './image';
import { Instance } from './instance';
import { CERTIFICATE_LIFETIME, InstanceCertificates } from './instance-certificates';
import { InstanceNetworks } from './instance-networks';
import { findContainers, type Found } from './labels';
import { LogBook, now, originOf } from './logs';
import { Namespaces } from './namespaces';
import { NpmRegistry } from './npm-registry';
import { Staging } from './staging';

export interface DockerCellOptions {
  readonly settings: Settings;
  readonly docker: Docker;
  /** @default - the foundation's address of the address plan */
  readonly address?: string;
  /**
   * Where the DNS server listens.
   *
   * @default - port 53 of the foundation's address
   */
  readonly dns?: { readonly host: string; readonly port: number };
  /** Where the router listens. */
  readonly router: { readonly host: string; readonly port: number };
  /** @default - the first resolver of /etc/resolv.conf, on port 53 */
  readonly upstream?: { readonly host: string; readonly port: number };
  /** Resolves names of the simulated internet. */
  readonly resolveName: (name: string) => string | undefined;
  /** Addresses of the simulated internet outside of both networks. */
  readonly staticRoutes: readonly StaticRoute[];
  /**
   * Milliseconds that an instance's certificate is valid.
   *
   * @default - a day, as on the platform
   */
  readonly certificateLifetime?: number;
}

/** The platform's domain for internal routes. */
const INTERNAL_DOMAIN = 'apps.internal';

/** Runs instances as containers of a Docker engine, each in a network namespace with its own rules. */
export class DockerCell implements Cell {
  private readonly instances = new Map<string, Instance>();
  private readonly queues = new Map<string, SerialQueue>();
  private readonly listeners: ((report: InstanceReport) => void)[] = [];
  private readonly logBook = new LogBook();
  private readonly pool: AddressPool;
  private readonly namespaces: Namespaces;
  private readonly certificates: InstanceCertificates;
  private readonly networks: InstanceNetworks;
  private readonly staging: Staging;
  private directory = new Directory([], []);
  private routes: readonly RouteRule[] = [];
  private applied = 0;
  private servers: CellServers | undefined;

  private constructor(
    private readonly options: DockerCellOptions,
    private readonly plan: AddressPlan,
    authority: KeyPair,
  ) {
    const { docker, settings, staticRoutes } = options;
    this.pool = new AddressPool(plan.overlay.instances, plan.internet.instances);
    this.namespaces = new Namespaces(plan, this.pool, (key, error) => {
      this.instances.get(key)?.fail(`Its network rules can't be changed: ${error.message}`);
    });
    const lifetime = options.certificateLifetime ?? CERTIFICATE_LIFETIME;
    this.certificates = new InstanceCertificates(authority, lifetime, (key, error) => {
      this.instances.get(key)?.complain(`failed to renew its certificates: ${error.message}`);
    });
    this.networks = new InstanceNetworks({
      docker,
      settings,
      plan,
      routes: staticRoutes,
      routerPort: () => this.routerPort ?? 0,
      pool: this.pool,
      namespaces: this.namespaces,
      instanceCertificates: this.certificates,
      logs: this.logBook,
    });
    const registry = new NpmRegistry(join(settings.dataDir, 'cache'), settings.npmRegistry);
    this.staging = new Staging(this.networks, registry);
  }

  /** Prepares the cell; DNS and router answer once it has recovered. */
  public static async open(options: DockerCellOptions): Promise<DockerCell> {
    const standIns = options.staticRoutes.flatMap(({ standIn }) => (standIn === undefined ? [] : [standIn]));
    const plan = planAddresses(options.settings, options.address, standIns);
    const { dataDir, name } = options.settings;
    return new DockerCell(options, plan, await loadAuthority(dataDir, 'platform', name));
  }

  public get appliedRevision(): number {
    return this.applied;
  }

  /** The router's port once it listens, which the system chooses if the option is 0. */
  public get routerPort(): number | undefined {
    return this.servers?.routerPort;
  }

  public async recover(specs: readonly InstanceSpec[], network: NetworkState): Promise<readonly InstanceReport[]> {
    const found = await findContainers(this.options.docker, this.options.settings.name, specs);
    this.namespaces.replace(network);
    this.certificates.replace(network.routes);
    this.routes = network.routes;
    const adopted = await Promise.all(found.map((one) => this.adopt(one)));
    await Promise.all([this.namespaces.enforce(), this.certificates.enforce()]);
    this.refresh();
    this.applied = network.revision;
    // Earlier, they would answer that there are no instances.
    this.servers ??= await this.listen();
    return adopted.filter((report) => report !== undefined);
  }

  public start(spec: InstanceSpec): Promise<void> {
    return this.inTurn(spec.instanceGuid, async () => {
      if (this.instances.has(spec.instanceGuid)) {
        throw new Error(`instance ${spec.instanceGuid} has already been started; stop it first`);
      }
      const instance = this.createInstance(spec);
      this.instances.set(spec.instanceGuid, instance);
      try {
        await instance.start();
      } catch (error) {
        this.instances.delete(spec.instanceGuid);
        throw error;
      }
    });
  }

  public stop(instanceGuid: string): Promise<void> {
    return this.inTurn(instanceGuid, async () => {
      const instance = this.instances.get(instanceGuid);
      if (!instance) return;
      await instance.stop();
      this.instances.delete(instanceGuid);
    });
  }

  public async applyNetwork(network: NetworkState): Promise<void> {
    this.namespaces.replace(network);
    this.certificates.replace(network.routes);
    this.routes = network.routes;
    this.refresh();
    await Promise.all([this.namespaces.enforce(), this.certificates.enforce()]);
    this.applied = Math.max(this.applied, network.revision);
  }

  public async inspectImage(image: string, credentials?: Credentials): Promise<ImageFacts> {
    await pullImage(this.options.docker, image, credentials);
    return imageFacts((await this.options.docker.getImage(fullReference(image)).inspect()).Config);
  }

  public stage(spec: StagingSpec): Promise<StagedDroplet> {
    return this.staging.stage(spec);
  }

  public async execute(instanceGuid: string, command: RemoteCommand): Promise<RemoteProcess> {
    return this.running(instanceGuid).execute(command);
  }

  public async connect(instanceGuid: string, host: string, port: number): Promise<RemoteStream> {
    return this.running(instanceGuid).connect(host, port);
  }

  public usage(instanceGuid: string): Promise<InstanceUsage | undefined> {
    return this.instances.get(instanceGuid)?.usage() ?? Promise.resolve(undefined);
  }

  public logs(appGuid: string): readonly LogLine[] {
    return this.logBook.lines(appGuid);
  }

  public log(appGuid: string, line: Omit<LogLine, 'timestamp'>): void {
    this.logBook.append(appGuid, { ...line, timestamp: now() });
  }

  public onReport(listener: (report: InstanceReport) => void): void {
    this.listeners.push(listener);
  }

  /** Leaves instances running, for the next cell of this foundation to adopt. */
  public async close(): Promise<void> {
    this.certificates.close();
    for (const instance of this.instances.values()) instance.abandon();
    await Promise.all([this.servers?.close(), this.networks.close()]);
    this.servers = undefined;
  }

  private running(instanceGuid: string): Instance {
    const instance = this.instances.get(instanceGuid);
    if (!instance) throw new Error(`instance ${instanceGuid} does not run`);
    return instance;
  }

  private listen(): Promise<CellServers> {
    const { dns, router, settings, upstream } = this.options;
    return startServers({
      dns: { ...(dns ?? { host: this.plan.foundation, port: 53 }), authority: (name) => this.resolve(name) },
      router: {
        ...router,
        match: (host, path) => this.directory.match(host, path),
        log: ({ appGuid, instanceGuid }, message) => {
          const spec = this.instances.get(instanceGuid)?.spec;
          const origin = spec ? originOf(spec) : { instanceIndex: '0' };
          this.log(appGuid, { ...origin, source: 'RTR', stream: 'OUT', message });
        },
      },
      upstream,
      dataDir: settings.dataDir,
    });
  }

  private resolve(name: string): readonly string[] | undefined {
    if (isWithin(name, INTERNAL_DOMAIN)) return this.directory.resolve(name);
    const { resolveName, settings } = this.options;
    const address = resolveName(name) ?? (isWithin(name, settings.appsDomain) ? this.plan.router : undefined);
    return address === undefined ? undefined : [address];
  }

  private async adopt({ spec, holder, app }: Found): Promise<InstanceReport | undefined> {
    const { docker } = this.options;
    const container = docker.getContainer(app.Id);
    const lease = {
      overlay: holder.NetworkSettings.Networks[this.plan.overlay.network]?.IPAddress ?? '',
      internet: holder.NetworkSettings.Networks[this.plan.internet.network]?.IPAddress ?? '',
    };
    if (!this.pool.adopt(lease)) {
      for (const { Id } of [app, holder]) await removeContainer(docker, Id);
      return undefined;
    }
    const instance = this.createInstance(spec);
    this.instances.set(spec.instanceGuid, instance);
    const { State: state } = await container.inspect();
    const network = { key: spec.instanceGuid, lease, holder: docker.getContainer(holder.Id) };
    await instance.adopt(network, container, Date.parse(state.StartedAt));
    return instance.report;
  }

  private createInstance(spec: InstanceSpec): Instance {
    const instance: Instance = new Instance(spec, this.networks, this.options.settings.drainDelay, {
      onReport: (report) => {
        for (const listener of this.listeners) listener(report);
      },
      onServing: () => this.refresh(),
      onCrash: () => {
        void this.inTurn(spec.instanceGuid, async () => {
          await instance.clear();
          if (this.instances.get(spec.instanceGuid) === instance) this.instances.delete(spec.instanceGuid);
        });
      },
    });
    return instance;
  }

  private refresh(): void {
    const backends = [...this.instances.values()].flatMap(({ backend }) => (backend ? [backend] : []));
    this.directory = new Directory(this.routes, backends);
  }

  /** Runs the tasks of one instance in order. */
  private async inTurn(instanceGuid: string, task: () => Promise<void>): Promise<void> {
    const queue = this.queues.get(instanceGuid) ?? new SerialQueue();
    this.queues.set(instanceGuid, queue);
    try {
      await queue.run(task);
    } finally {
      if (queue.isIdle) this.queues.delete(instanceGuid);
    }
  }
}
