import type { Cell, InstanceReport, InstanceSpec } from '../cell/cell';
import type { Task } from './records';
import { DeferredTask } from './deferred-task';
import type { State } from './state';
import { endTask, hasEnded, markRunning } from './tasks';

/** The platform's failure reason for a task whose cell is gone. */
const LOST = 'cell disappeared before completion';

interface Surroundings {
  readonly state: State;
  readonly cell: Cell;
  transact(work: (state: State) => void): void;
  /** Records what has already happened; see `Recorder`. */
  record(work: (state: State) => void): Promise<void>;
  /** Resolves when the cell has applied the current network, so no task starts under older rules. */
  networkSettled(): Promise<void>;
  onFailure(error: unknown): void;
}

/**
 * Runs each task once. A task is stored before it starts, and its end before its container is removed, so a crash of
 * the foundation neither loses a task nor runs it again.
 */
export class TaskRunner {
  /** The starts under way or done, by task; each resolves once the task has started, or failed to. */
  private readonly started = new Map<string, Promise<void>>();
  private readonly stopping = new Set<string>();
  private readonly deferred = new DeferredTask(() => this.reconcile());
  private closed = false;

  public constructor(private readonly around: Surroundings) {
    around.cell.onReport((report) => this.take(report));
  }

  /** The specifications of tasks that have not ended. */
  public get specs(): readonly InstanceSpec[] {
    return [...this.around.state.tasks].flatMap(({ spec }) => (spec ? [spec] : []));
  }

  /** Takes over the tasks that the cell has found. Starts those that had not started, and never starts one twice. */
  public adopt(reports: readonly InstanceReport[]): void {
    const found = new Set(reports.map(({ instanceGuid }) => instanceGuid));
    this.around.transact((state) => {
      for (const task of state.tasks.where((candidate) => !hasEnded(candidate))) {
        if (found.has(task.guid)) this.started.set(task.guid, Promise.resolve());
        else if (task.state !== 'PENDING') endTask(state, task.guid, LOST);
      }
    });
    for (const report of reports) this.take(report);
    this.schedule();
  }

  /** Starts and stops tasks soon, once for all changes until then. */
  public schedule(): void {
    this.deferred.schedule();
  }

  public close(): void {
    this.closed = true;
  }

  private reconcile(): void {
    const { state } = this.around;
    if (this.closed) return;
    for (const task of state.tasks) {
      if (!hasEnded(task) && !this.started.has(task.guid)) this.started.set(task.guid, this.launch(task));
    }
    for (const [guid, started] of this.started) {
      const task = state.tasks.get(guid);
      if (task && hasEnded(task)) this.started.delete(guid);
      else if ((!task || task.state === 'CANCELING') && !this.stopping.has(guid)) void this.end(guid, started);
    }
  }

  private async launch({ guid, spec }: Task): Promise<void> {
    const { cell, state } = this.around;
    await this.around.networkSettled();
    if (!spec || state.tasks.get(guid)?.state !== 'PENDING') return;
    try {
      await cell.start(spec);
    } catch (error) {
      this.finish(guid, error instanceof Error ? error.message : String(error));
    }
  }

  /** Stops a task that was canceled, or whose application is gone. */
  private async end(guid: string, started: Promise<void>): Promise<void> {
    this.stopping.add(guid);
    try {
      await started;
      await this.around.cell.stop(guid);
      this.finish(guid, null);
    } catch (error) {
      this.around.onFailure(error);
    } finally {
      this.started.delete(guid);
      this.stopping.delete(guid);
    }
  }

  private take({ instanceGuid: guid, state, exitStatus, details = '' }: InstanceReport): void {
    const task = this.around.state.tasks.get(guid);
    if (!task || this.closed) return;
    if (state === 'RUNNING' && task.state === 'PENDING') this.change((after) => markRunning(after, guid));
    else if (state === 'CRASHED') this.finish(guid, exitStatus === 0 ? null : `APP/TASK/${task.name}: ${details}`);
  }

  private finish(guid: string, failure: string | null): void {
    this.change((state) => endTask(state, guid, failure));
  }

  private change(work: (state: State) => void): void {
    this.around.record(work).catch((error: unknown) => this.around.onFailure(error));
  }
}
