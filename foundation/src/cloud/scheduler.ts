import type { Cell, InstanceReport } from '../cell/cell';
import { RESTARTS } from '../limits';
import { restartDelay, isWanted, missingInstances } from './instances';
import { advanceDeployment, type InstanceCounts } from './deployments';
import { recordCrash, recordReadiness } from './events';
import type { Instance, Kind } from './records';
import type { State } from './state';

/** Runs its work soon, once for all calls until then. */
export class DeferredTask {
  private pending = false;

  public constructor(private readonly work: () => void) {}

  public schedule(): void {
    if (!this.pending) {
      this.pending = true;
      setImmediate(() => {
        this.pending = false;
        this.work();
      });
    }
  }
}

/** Kinds whose changes may start or stop instances; the second line's can free quota for a waiting deployment. */
export const SCHEDULED_KINDS: readonly Kind[] = [
  ...(['apps', 'processes', 'instances', 'deployments'] as const),
  ...(['tasks', 'quotas', 'spaces', 'organizations'] as const),
];

/** What those who run instances, tasks, and builds need from the cloud. */
export interface Surroundings {
  readonly state: State;
  readonly cell: Cell;
  readonly api: string;
  transact(work: (state: State) => void): void;
  /** Records what has already happened; see `Recorder`. */
  record(work: (state: State) => void): Promise<void>;
  /** Resolves when the cell has applied the current network, so nothing starts under older rules. */
  networkSettled(): Promise<void>;
  onFailure(error: unknown): void;
}

const RETRY = 1000;
/** The key of this timer; all others are keyed by instance. */
const RECONCILIATION = 'reconciliation';

interface Slot {
  readonly version: string;
  readonly crashes: number;
}

const isReady = (report: InstanceReport | undefined): boolean =>
  report?.state === 'RUNNING' && report.routable !== false;

const standing = (report: InstanceReport | undefined): keyof InstanceCounts => {
  if (isReady(report)) return 'routable';
  return report?.state === 'CRASHED' ? 'unhealthy' : 'starting';
};

/**
 * Brings the running instances to the desired ones. An instance is stored before it starts and removed from the store
 * before it stops, so after a crash of the foundation the cell knows which containers to keep.
 */
export class Scheduler {
  private readonly reports = new Map<string, InstanceReport>();
  /** When the instance came up, by the clock's `elapsed`. */
  private readonly up = new Map<string, number>();
  private readonly starting = new Map<string, Promise<void>>();
  private readonly slots = new Map<string, Slot>();
  private readonly timers = new Map<string, () => void>();
  private readonly deferred = new DeferredTask(() => this.reconcile());
  private closed = false;

  public constructor(private readonly around: Surroundings) {
    around.cell.onReport((report) => this.take(report));
  }

  /** The cell's last report on an instance. */
  public reportOf(instanceGuid: string): InstanceReport | undefined {
    return this.reports.get(instanceGuid);
  }

  /** Takes over the instances that the cell has found alive, and starts the others again. */
  public adopt(reports: readonly InstanceReport[]): void {
    const alive = new Set(reports.map(({ instanceGuid }) => instanceGuid));
    this.around.transact((state) => {
      for (const { guid } of state.instances.where((instance) => !alive.has(instance.guid))) {
        state.instances.delete(guid);
      }
    });
    for (const report of reports) this.take(report);
    this.schedule();
  }

  /** Reconciles soon, once for all changes until then. */
  public schedule(): void {
    this.deferred.schedule();
  }

  /**
   * Stops an instance, so another takes its place.
   *
   * @param also further changes for the same transaction
   */
  public replace(instanceGuid: string, also: (state: State) => void = () => undefined): void {
    this.around.transact((state) => {
      also(state);
      state.instances.delete(instanceGuid);
    });
    this.forget(instanceGuid);
    this.schedule();
  }

  public close(): void {
    this.closed = true;
    for (const cancel of this.timers.values()) cancel();
  }

  private reconcile(): void {
    if (this.closed) return;
    const started: Instance[] = [];
    const stopped: string[] = [];
    try {
      this.around.transact((state) => {
        for (const deployment of state.deployments.where(({ status }) => status === 'ACTIVE')) {
          advanceDeployment(state, deployment, (guid) => this.count(guid), this.around.api);
        }
        for (const instance of state.instances.where((candidate) => !isWanted(state, candidate))) {
          state.instances.delete(instance.guid);
          stopped.push(instance.guid);
        }
        for (const instance of missingInstances(state)) started.push(state.instances.put(instance));
      });
    } catch (error) {
      this.around.onFailure(error);
      // Retries by timer, since it may be long until something else changes.
      this.timers.set(
        RECONCILIATION,
        this.around.state.clock.after(RETRY, () => this.schedule()),
      );
      return;
    }
    for (const guid of stopped) this.forget(guid);
    for (const instance of started) this.launch(instance);
  }

  private count(processGuid: string): InstanceCounts {
    const { state } = this.around;
    const counts = { routable: 0, starting: 0, unhealthy: 0 };
    for (const instance of state.instances.where((candidate) => candidate.processGuid === processGuid)) {
      if (isWanted(state, instance)) counts[standing(this.reports.get(instance.guid))] += 1;
    }
    return counts;
  }

  private launch({ guid, spec }: Instance): void {
    const { cell, state } = this.around;
    this.reports.set(guid, { instanceGuid: guid, state: 'STARTING', since: state.clock.now() });
    const start = async (): Promise<void> => {
      await this.around.networkSettled();
      if (!state.instances.get(guid)) return;
      try {
        await cell.start(spec);
      } catch (error) {
        const details = error instanceof Error ? error.message : String(error);
        this.take({ instanceGuid: guid, state: 'CRASHED', since: state.clock.now(), details });
      }
    };
    this.starting.set(
      guid,
      start().finally(() => this.starting.delete(guid)),
    );
  }

  /** Forgets an instance that is out of the store, and stops its containers once they have started. */
  private forget(guid: string): void {
    this.reports.delete(guid);
    this.up.delete(guid);
    this.timers.get(guid)?.();
    this.timers.delete(guid);
    void (this.starting.get(guid) ?? Promise.resolve())
      .then(() => this.around.cell.stop(guid))
      .catch((error: unknown) => this.around.onFailure(error));
  }

  private take(report: InstanceReport): void {
    const { state } = this.around;
    const instance = state.instances.get(report.instanceGuid);
    if (!instance || this.closed) return;
    const before = this.reports.get(report.instanceGuid);
    this.reports.set(report.instanceGuid, report);
    if (report.state === 'RUNNING' && before?.state !== 'RUNNING') {
      const already = Math.max(0, state.clock.now() - report.since);
      this.up.set(report.instanceGuid, state.clock.elapsed() - already);
    }
    if (report.state === 'CRASHED' && before?.state !== 'CRASHED') this.crashed(instance, report);
    if (report.state === 'RUNNING') {
      if (before && isReady(before) !== isReady(report) && instance.spec.readinessCheck) {
        this.record((after) => recordReadiness(after, instance, isReady(report)));
      }
      this.schedule();
    }
  }

  private crashed(instance: Instance, report: InstanceReport): void {
    const { guid, processGuid, version, spec } = instance;
    const { state } = this.around;
    const key = `${processGuid}/${spec.index}`;
    const slot = this.slots.get(key);
    const stable = state.clock.elapsed() - (this.up.get(guid) ?? Infinity) >= RESTARTS.reset;
    const crashes = slot?.version === version && !stable ? slot.crashes + 1 : 1;
    this.slots.set(key, { version, crashes });
    this.record((after) => recordCrash(after, instance, { reason: report.details ?? '', count: crashes }));
    const delay = restartDelay(crashes);
    if (delay !== undefined) {
      const restart = (): void => {
        try {
          this.replace(guid);
        } catch (error) {
          this.around.onFailure(error);
          this.timers.set(guid, state.clock.after(RETRY, restart));
        }
      };
      this.timers.set(guid, state.clock.after(delay, restart));
    }
  }

  /** A full store must not prevent the instance's restart. */
  private record(event: (state: State) => void): void {
    try {
      this.around.transact(event);
    } catch (error) {
      this.around.onFailure(error);
    }
  }
}
