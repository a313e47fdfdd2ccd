import { setTimeout as sleep } from 'node:timers/promises';
import type Docker from 'dockerode';
import { checkContainerPorts } from '../tls-port';
import { createInstanceContainer, equipContainer, shellAccount, UsageMeter } from './app-container';
import type {
  InstanceReport,
  InstanceSpec,
  InstanceState,
  InstanceUsage,
  RemoteCommand,
  RemoteProcess,
  RemoteStream,
} from './cell';
import { type Credentials, installIdentity, InstanceIdentity } from './instance-certificates';
import type { Backend } from './directory';
import { engineMessage, exitOf, removeContainer, signalContainer, type Exit } from './engine';
import { InstanceHealth } from './health';
import { InstanceLog, LogRate } from './instance-log';
import type { InstanceNetworks, InstanceNetwork } from './instance-networks';
import { LABEL, specHash } from './labels';
import type { Lease } from './addresses';
import { RemoteShell, Tunnels } from './remote-access';
import type { Namespace } from './rules';
import { GRACE_PERIOD_MS } from '../limits';

/** Milliseconds to wait for the end of a stopped container's log. A busy engine takes seconds, and may miss it. */
const LAST_WORDS = 10_000;

interface InstanceEvents {
  /** Called when the instance enters a state. */
  readonly onReport: (report: InstanceReport) => void;
  /** Called when DNS and router must add or drop the instance. */
  readonly onServing: () => void;
  /** Called when the instance has ended by itself and must be cleared. */
  readonly onCrash: () => void;
}

/** The container and health of one instance, from start to end. */
export class Instance {
  private state: InstanceState = 'STARTING';
  private since = Date.now();
  private details?: string;
  private exitStatus?: number;
  private exceeded = false;
  private network?: InstanceNetwork;
  private app?: Docker.Container;
  private exit?: Promise<Exit>;
  private logged: Promise<void> = Promise.resolve();
  private readonly log: InstanceLog;
  private readonly identity: InstanceIdentity;
  private readonly health: InstanceHealth;
  private readonly meter = new UsageMeter();
  private readonly printing = new LogRate();
  private readonly tunnels = new Tunnels();
  private readonly attention = new AbortController();

  public constructor(
    public readonly spec: InstanceSpec,
    private readonly networks: InstanceNetworks,
    private readonly drainDelay: number,
    private readonly events: InstanceEvents,
  ) {
    this.log = new InstanceLog(spec, networks.options);
    this.identity = new InstanceIdentity(spec, networks.options.instanceCertificates);
    this.health = new InstanceHealth(spec, this.log, () => this.network?.lease.overlay ?? '', {
      onHealthy: () => this.enter('RUNNING'),
      onReadiness: () => events.onReport(this.report),
      onServing: events.onServing,
      onFailure: (why) => this.fail(why),
    });
  }

  public get report(): InstanceReport {
    return {
      instanceGuid: this.spec.instanceGuid,
      state: this.state,
      ...(this.state === 'RUNNING' ? { routable: this.health.ready } : {}),
      ...(this.network ? { address: this.network.lease.overlay } : {}),
      since: this.since,
      ...(this.details === undefined ? {} : { details: this.details }),
      ...(this.exitStatus === undefined ? {} : { exitStatus: this.exitStatus }),
    };
  }

  /** The instance for DNS and router, if it is serving. */
  public get backend(): Backend | undefined {
    const { instanceGuid, appGuid, processType, index } = this.spec;
    if (!this.health.serving || !this.network) return undefined;
    return { instanceGuid, appGuid, processType, index, address: this.network.lease.overlay };
  }

  /** Starts the instance. Leaves nothing behind if it rejects. */
  public async start(): Promise<void> {
    const { instanceGuid } = this.spec;
    this.log.note(`creating container for instance ${instanceGuid}`);
    this.enter('STARTING');
    try {
      const labels = { [LABEL.spec]: specHash(this.spec), [LABEL.app]: this.spec.appName };
      checkContainerPorts(this.spec.ports);
      let credentials: Credentials | undefined;
      const { terminator } = this.identity;
      const certify = async (lease: Lease): Promise<string> => {
        credentials = await this.identity.issue(lease);
        return terminator?.(credentials) ?? '';
      };
      const network = await this.networks.claim(instanceGuid, this.namespace(), labels, terminator && certify);
      this.network = network;
      credentials ??= await this.identity.issue(network.lease);
      const app = await createInstanceContainer(this.networks, this.spec, network, labels);
      this.app = app;
      await equipContainer(this.networks, this.spec, app);
      await installIdentity(app, credentials.identity);
      await app.start();
      this.follow(app);
      this.identity.keep(network, app, credentials);
    } catch (error) {
      this.log.write('CELL', 'ERR', `failed to start instance ${instanceGuid}: ${engineMessage(error)}`);
      await this.clear();
      throw error;
    }
    this.log.note(`successfully created container for instance ${instanceGuid}`);
    this.begin();
  }

  /** Takes over running containers. */
  public async adopt(network: InstanceNetwork, app: Docker.Container, startedAt: number): Promise<void> {
    this.network = network;
    this.app = app;
    this.since = startedAt;
    this.networks.open(network, this.namespace());
    this.follow(app);
    this.identity.keep(network, app);
    await this.networks.options.namespaces.enforce();
    if (this.spec.task !== undefined) {
      this.begin();
      return;
    }
    await this.health.resume();
  }

  public async stop(): Promise<void> {
    const { app, exit } = this;
    if (app && exit && this.state !== 'CRASHED') {
      this.log.note(`stopping instance ${this.spec.instanceGuid}`);
      this.enter('STOPPING');
      // At the same time: a busy engine takes seconds to send the signal, and DNS must not wait for it.
      await Promise.all([this.health.drain(this.drainDelay), this.end(app, exit)]);
    }
    await this.clear();
  }

  /** Kills an instance that can't continue, and reports it as CRASHED with the reason. */
  public fail(details: string): void {
    if (this.ending) return;
    this.details = details;
    this.health.withdraw();
    this.enter('CRASHED');
    this.events.onCrash();
  }

  /** Removes the containers and releases the addresses. */
  public async clear(): Promise<void> {
    this.health.ignore();
    this.identity.forget();
    if (this.app) {
      await signalContainer(this.app, 'SIGKILL');
      // Reads the rest of the log before the engine removes it.
      await this.lastWords();
      await removeContainer(this.networks.options.docker, this.app.id);
      this.app = undefined;
    }
    if (this.network) {
      const network = this.network;
      this.network = undefined;
      await this.networks.leave(network);
    }
  }

  /** Leaves it running, for the next cell to adopt. */
  public abandon(): void {
    this.health.ignore();
    this.attention.abort();
  }

  public async usage(): Promise<InstanceUsage | undefined> {
    const usage = this.app && (await this.meter.read(this.app));
    return usage && { ...usage, logRate: this.printing.at(Date.now()) };
  }

  public execute(command: RemoteCommand): Promise<RemoteProcess> {
    if (!this.app || this.ending) throw new Error(`instance ${this.spec.instanceGuid} does not run`);
    return RemoteShell.start(this.app, { command, ...shellAccount(this.spec) });
  }

  public connect(host: string, port: number): Promise<RemoteStream> {
    if (!this.network || this.ending) throw new Error(`instance ${this.spec.instanceGuid} does not run`);
    return this.tunnels.open(this.network.holder, host, port);
  }

  /** Logs a failure that the instance survives. */
  public complain(what: string): void {
    this.log.write('CELL', 'ERR', what);
  }

  private namespace(): Omit<Namespace, 'lease'> {
    const { appGuid, spaceGuid, ports, egress } = this.spec;
    return { appGuid, spaceGuid, ports, purpose: 'running', ...(egress && { egress }) };
  }

  private follow(app: Docker.Container): void {
    const { signal } = this.attention;
    this.logged = this.log.follow(app, this.printing, signal);
    this.exit = exitOf(app, signal);
    const onExit = async (exit: Exit): Promise<void> => {
      if (!this.ending) this.health.withdraw();
      // The log must be complete before the end is reported.
      await this.lastWords();
      const exceeded = this.exceeded ? ` (exceeded ${GRACE_PERIOD_MS / 1000}s graceful shutdown interval)` : '';
      const { ender } = this.log;
      this.log.write(ender, 'OUT', `Exit status ${describe(exit)}${exceeded}`);
      this.exitStatus = exit.status;
      const details = `Exited with status ${describe(exit)}`;
      this.fail(this.spec.task === undefined ? `${ender}: ${details}` : details);
    };
    // Rejects only if the instance has been abandoned.
    this.exit.then(onExit, () => undefined);
    if (this.network) this.guard(this.network);
  }

  /** Fails the instance if its holder ends: the engine removes the network, but the application would keep running. */
  private guard(network: InstanceNetwork): void {
    exitOf(network.holder, this.attention.signal).then(
      () => {
        if (this.network === network) this.fail('Its network is gone: the container that held it has ended');
      },
      () => undefined,
    );
  }

  private async lastWords(): Promise<void> {
    await Promise.race([this.logged, sleep(LAST_WORDS, undefined, { ref: false })]);
  }

  /** A task has no health check, only an exit. */
  private begin(): void {
    if (this.spec.task === undefined) this.health.begin();
    else if (this.state === 'STARTING') this.enter('RUNNING');
  }

  private get ending(): boolean {
    return this.state === 'STOPPING' || this.state === 'CRASHED';
  }

  private async end(app: Docker.Container, exit: Promise<Exit>): Promise<void> {
    await signalContainer(app, 'SIGTERM');
    const timer = new AbortController();
    const late = await Promise.race([
      exit.then(() => false),
      sleep(GRACE_PERIOD_MS, true, { signal: timer.signal }).catch(() => false),
    ]);
    timer.abort();
    if (!late) return;
    this.exceeded = true;
    await signalContainer(app, 'SIGKILL');
    await exit;
  }

  private enter(state: InstanceState): void {
    this.state = state;
    this.since = Date.now();
    this.events.onReport(this.report);
  }
}

/** The exit in the platform's words. */
function describe({ status, outOfMemory }: Exit): string {
  return outOfMemory ? `${status} (out of memory)` : String(status);
}
