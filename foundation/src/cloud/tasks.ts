/**
 * One-off commands of an application, with its droplet, environment, services, and network access.
 *
 * @see https://docs.cloudfoundry.org/devguide/using-tasks.html
 */
import { randomBytes } from 'node:crypto';
import type { HealthCheck, InstanceSpec, InstanceReport } from '../cell/cell';
import { taskEnvironment } from './environment';
import { notFound, unprocessable } from './errors';
import { recordOfApp, recordOfPart, requested } from './events';
import { mergeMetadata, NO_METADATA, type MetadataPatch } from './metadata';
import { keptEgress } from './network';
import { DEFAULT_DISK, DEFAULT_MEMORY, logLimitOf, sourceOf, UNLIMITED } from './processes';
import { requireTaskWithinQuota } from './quotas';
import type { App, Droplet, Process, Task, TaskState } from './records';
import type { State } from './state';
import { DeferredTask, type Surroundings } from './scheduler';

/** The health of a task is not checked, only its exit. */
const NO_HEALTH_CHECK: HealthCheck = { type: 'process', endpoint: '', timeout: 0, interval: 0, invocationTimeout: 0 };

const ENDED: readonly TaskState[] = ['SUCCEEDED', 'FAILED'];

export const hasEnded = ({ state }: Task): boolean => ENDED.includes(state);

interface TaskCommand {
  readonly name?: string;
  /** @default - the command of the template process */
  readonly command?: string;
  readonly templateGuid?: string;
  readonly memory?: number;
  readonly disk?: number;
  readonly logRateLimit?: number;
  /** @default - the application's current droplet */
  readonly dropletGuid?: string;
  readonly metadata?: MetadataPatch | null;
}

const dropletOf = (state: State, app: App, guid: string | undefined): Droplet => {
  const droplet = state.droplets.get(guid ?? app.currentDropletGuid);
  if (guid !== undefined && droplet?.appGuid !== app.guid) throw notFound('Droplet');
  if (!droplet) throw unprocessable('Task must have a droplet. Specify droplet or assign current droplet to app.');
  return droplet;
};

const templateOf = (state: State, app: App, guid: string | undefined): Process | undefined => {
  const template = state.processes.get(guid);
  if (guid !== undefined && template?.appGuid !== app.guid) throw notFound('Process');
  return template;
};

export const createTask = (state: State, app: App, given: TaskCommand, api: string): Task => {
  const droplet = dropletOf(state, app, given.dropletGuid);
  const template = templateOf(state, app, given.templateGuid);
  const command = given.command ?? template?.command ?? droplet.processTypes[template?.type ?? ''];
  if (command === undefined || command === '') {
    throw unprocessable('No command provided, and the template process has none either');
  }
  const siblings = state.tasks.ofApp(app.guid);
  const stamp = state.stamp();
  const name = given.name ?? randomBytes(4).toString('hex');
  const memory = given.memory ?? template?.memory ?? DEFAULT_MEMORY;
  const disk = given.disk ?? template?.disk ?? DEFAULT_DISK;
  const logRateLimit = given.logRateLimit ?? template?.logRateLimit ?? UNLIMITED;
  const spec: InstanceSpec = {
    instanceGuid: stamp.guid,
    appGuid: app.guid,
    appName: app.name,
    spaceGuid: app.spaceGuid,
    organizationGuid: state.spaces.expect(app.spaceGuid).organizationGuid,
    processGuid: stamp.guid,
    processType: 'task',
    index: 0,
    droplet: sourceOf(state, droplet),
    command,
    env: taskEnvironment(state, app, api, { memory, disk }),
    memory,
    disk,
    ports: [],
    healthCheck: NO_HEALTH_CHECK,
    ...logLimitOf(logRateLimit),
    ...keptEgress(state, app.spaceGuid),
    task: name,
  };
  const task = state.tasks.put({
    ...stamp,
    appGuid: app.guid,
    sequenceId: Math.max(0, ...siblings.map(({ sequenceId }) => sequenceId)) + 1,
    name,
    command,
    state: 'PENDING',
    memory,
    disk,
    logRateLimit,
    dropletGuid: droplet.guid,
    failureReason: null,
    spec,
    metadata: mergeMetadata(NO_METADATA, given.metadata),
  });
  recordOfApp(state, 'task.create', app, { task_guid: task.guid, ...requested({ name, memory_in_mb: memory }) });
  requireTaskWithinQuota(state, app.spaceGuid, task);
  return task;
};

/** May be repeated. */
export const cancelTask = (state: State, task: Task): Task => {
  if (hasEnded(task)) throw unprocessable(`Task state is ${task.state} and therefore cannot be canceled`);
  recordOfPart(state, 'task.cancel', task, { task_guid: task.guid });
  return state.tasks.put({ ...task, updatedAt: state.now(), state: 'CANCELING' });
};

/** Marks a task as running, unless it was canceled meanwhile. */
const markRunning = (state: State, guid: string): void => {
  const task = state.tasks.get(guid);
  if (task?.state === 'PENDING') state.tasks.put({ ...task, updatedAt: state.now(), state: 'RUNNING' });
};

/** @param failure `null` for success; a canceled task fails in any case */
const endTask = (state: State, guid: string, failure: string | null): void => {
  const task = state.tasks.get(guid);
  if (task && !hasEnded(task)) {
    const failureReason = task.state === 'CANCELING' ? 'task was cancelled' : failure;
    const ended = failureReason === null ? 'SUCCEEDED' : 'FAILED';
    state.tasks.put({ ...task, updatedAt: state.now(), state: ended, failureReason, spec: undefined });
  }
};

/** The platform's failure reason for a task whose cell is gone. */
const LOST = 'cell disappeared before completion';

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
