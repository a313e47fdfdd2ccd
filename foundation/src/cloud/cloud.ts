import type { Clock } from './clock';
import { CloudError, diskFull } from './errors';
import { type State, Database } from './state';
import { isDeepStrictEqual } from 'node:util';
import type { Cell, NetworkState } from '../cell/cell';
import type { Store } from '../store/store';
import { logLineOf } from './events';
import { Blobs, Stager } from './staging';
import type { Broker } from './broker';
import { Brokers, type Connect } from './broker-work';
import { JobRunner } from './jobs';
import { OneTimeCodes } from './ssh-access';
import { desiredNetwork, NETWORK_KINDS, NetworkPublisher } from './network';
import type { AuditEvent, Job } from './records';
import { Scheduler, SCHEDULED_KINDS } from './scheduler';
import { TaskRunner } from './tasks';

type Work = (state: State) => void;

const RETRY = 1000;
const FULL = diskFull().code;

/**
 * Stores what has already happened, such as the end of a job. Unlike a request, it can't be refused, so the recorder
 * retries for as long as the disk is full.
 */
export class Recorder {
  private readonly waiting = new Set<() => void>();

  public constructor(
    private readonly transact: (work: Work) => void,
    private readonly clock: Clock,
    private readonly onFailure: (error: unknown) => void,
  ) {}

  /** Makes the first attempt at once, before this returns. */
  public async record(work: Work): Promise<void> {
    for (let reported = false; ; reported = true) {
      try {
        this.transact(work);
        return;
      } catch (error) {
        if (!(error instanceof CloudError && error.code === FULL)) throw error;
        if (!reported) this.onFailure(error);
        await this.pause();
      }
    }
  }

  /** Leaves pending records to the next start. */
  public close(): void {
    for (const cancel of this.waiting) cancel();
  }

  private pause(): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.clock.after(RETRY, () => {
        this.waiting.delete(cancel);
        resolve();
      });
      this.waiting.add(cancel);
    });
  }
}

const NETWORK_REVISION = 'network-revision';

export type { LogLine } from '../cell/cell';

interface CloudOptions {
  readonly store: Store;
  readonly cell: Cell;
  /** The built-in broker. */
  readonly broker: Broker;
  /** Makes clients for registered brokers. */
  readonly connect: Connect;
  readonly clock: Clock;
  readonly dataDir: string;
  /** The API's URL, which VCAP_APPLICATION tells applications. */
  readonly api: string;
  readonly onFailure: (error: unknown) => void;
}

/** The state machine and what it drives: change the state here, and containers, network, and jobs follow. */
export class Cloud {
  public readonly state: State;
  public readonly blobs: Blobs;
  public readonly cell: Cell;
  public readonly api: string;
  public readonly scheduler: Scheduler;
  public readonly stager: Stager;
  public readonly jobs: JobRunner;
  public readonly brokers: Brokers;
  /** One-time codes for SSH. */
  public readonly codes: OneTimeCodes;
  private readonly tasks: TaskRunner;
  private readonly database: Database;
  private readonly publisher: NetworkPublisher;
  private readonly recorder: Recorder;

  public constructor(options: CloudOptions) {
    const { store, cell, broker, connect, clock, dataDir, api, onFailure } = options;
    this.database = new Database(store, clock);
    this.state = this.database.state;
    this.blobs = new Blobs(dataDir);
    this.brokers = new Brokers(this.state, broker, connect);
    this.codes = new OneTimeCodes(clock);
    this.cell = cell;
    this.api = api;
    this.publisher = new NetworkPublisher(cell, clock, onFailure, {
      revision: Number(this.state.facts.get(NETWORK_REVISION)?.value ?? 0),
      ...desiredNetwork(this.state),
    });
    this.recorder = new Recorder((work) => this.transact(work), clock, onFailure);
    const around = {
      state: this.state,
      blobs: this.blobs,
      cell,
      brokers: this.brokers,
      api,
      onFailure,
      transact: (work: (state: State) => void) => this.transact(work),
      record: (work: (state: State) => void) => this.recorder.record(work),
      networkSettled: () => this.publisher.settled(),
    };
    this.scheduler = new Scheduler(around);
    this.stager = new Stager(around);
    this.jobs = new JobRunner(around);
    this.tasks = new TaskRunner(around);
  }

  /** The desired revision of the network, and the one that the cell enforces. */
  public get revision(): { readonly desired: number; readonly applied: number } {
    return { desired: this.publisher.desired.revision, applied: this.cell.appliedRevision };
  }

  /** All changes of `work` are in the store before this returns, or none are made. */
  public transact<T>(work: (state: State) => T): T {
    let network: NetworkState | undefined;
    const { result, changes } = this.database.transaction((state) => {
      const value = work(state);
      network = this.changedNetwork(state);
      return value;
    });
    if (network) this.publisher.publish(network);
    if (changes.some(({ kind }) => (SCHEDULED_KINDS as readonly string[]).includes(kind))) this.scheduler.schedule();
    if (changes.some(({ kind }) => kind === 'tasks')) this.tasks.schedule();
    this.blobs.remove(changes.filter(({ value }) => value === undefined));
    for (const { value } of changes.filter(({ kind }) => kind === 'events')) this.tell(value as AuditEvent | undefined);
    return result;
  }

  /** Stores a job, together with the changes that belong to it, and starts it. */
  public enqueue(work: (state: State) => Job): Job {
    const job = this.transact(work);
    this.jobs.run(job);
    return job;
  }

  /** Continues where the last run stopped, even if it was killed. */
  public async start(): Promise<void> {
    this.blobs.sweep(this.state);
    const specs = [...[...this.state.instances].map(({ spec }) => spec), ...this.tasks.specs];
    const reports = await this.cell.recover(specs, this.publisher.desired);
    this.scheduler.adopt(reports);
    this.tasks.adopt(reports);
    this.stager.failInterrupted();
    this.jobs.resume();
  }

  /** Leaves the applications running. */
  public async close(): Promise<void> {
    this.scheduler.close();
    this.tasks.close();
    this.jobs.close();
    this.publisher.close();
    this.recorder.close();
    await this.cell.close();
    this.database.close();
  }

  /** Logs an event in its application's log. */
  private tell(event: AuditEvent | undefined): void {
    const line = event && logLineOf(event);
    if (line && this.state.apps.get(line.appGuid)) {
      this.cell.log(line.appGuid, { instanceIndex: '0', source: 'API', stream: 'OUT', message: line.message });
    }
  }

  private changedNetwork(state: State): NetworkState | undefined {
    if (!NETWORK_KINDS.some((kind) => this.database.touches(kind))) return undefined;
    const { revision, ...before } = this.publisher.desired;
    const after = desiredNetwork(state);
    if (isDeepStrictEqual(before, after)) return undefined;
    state.facts.put({ ...state.stamp(), guid: NETWORK_REVISION, value: revision + 1 });
    return { revision: revision + 1, ...after };
  }
}
