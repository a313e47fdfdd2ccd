import { isDeepStrictEqual } from 'node:util';
import type { Cell, NetworkState } from '../cell/cell';
import type { Store } from '../store/store';
import { logLineOf } from './api-log';
import { Blobs } from './blobs';
import type { Broker } from './broker';
import { Brokers, type Connect } from './brokers';
import type { Clock } from './clock';
import { JobRunner } from './jobs';
import { OneTimeCodes } from './one-time-codes';
import { desiredNetwork, NETWORK_KINDS } from './network';
import { NetworkPublisher } from './network-publisher';
import type { AuditEvent, Job } from './records';
import { Recorder } from './recorder';
import { Scheduler, SCHEDULED_KINDS } from './scheduler';
import { Stager } from './stager';
import { Database, type State } from './state';
import { TaskRunner } from './task-runner';

const NETWORK_REVISION = 'network-revision';

/** A line of an application's log. */
export type { LogLine } from '../cell/cell';

export interface CloudOptions {
  readonly store: Store;
  readonly cell: Cell;
  /** The foundation's own. */
  readonly broker: Broker;
  /** To those that somebody registers. */
  readonly connect: Connect;
  readonly clock: Clock;
  readonly dataDir: string;
  /** Where clients find the API: applications are told in VCAP_APPLICATION. */
  readonly api: string;
  readonly onFailure: (error: unknown) => void;
}

/** The state machine with its surroundings: whoever changes the state does it here, and the rest follows by itself. */
export class Cloud {
  public readonly state: State;
  public readonly blobs: Blobs;
  public readonly cell: Cell;
  public readonly api: string;
  public readonly scheduler: Scheduler;
  public readonly stager: Stager;
  public readonly jobs: JobRunner;
  public readonly brokers: Brokers;
  /** For SSH. */
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
    this.recorder = new Recorder(
      (work) => {
        this.transact(work);
      },
      clock,
      onFailure,
    );
    const around = {
      state: this.state,
      blobs: this.blobs,
      cell,
      brokers: this.brokers,
      api,
      onFailure,
      transact: (work: (state: State) => void) => {
        this.transact(work);
      },
      record: (work: (state: State) => void) => this.recorder.record(work),
      networkSettled: () => this.publisher.settled(),
    };
    this.scheduler = new Scheduler(around);
    this.stager = new Stager(around);
    this.jobs = new JobRunner(around);
    this.tasks = new TaskRunner(around);
  }

  /** Revision of the network that is wanted, and of the one that packets obey. */
  public get revision(): { readonly desired: number; readonly applied: number } {
    return { desired: this.publisher.desired.revision, applied: this.cell.appliedRevision };
  }

  /** All changes of `work` reach the store before this returns, or none is made. */
  public transact<T>(work: (state: State) => T): T {
    let network: NetworkState | undefined;
    const { result, changes } = this.database.transaction((state) => {
      const value = work(state);
      network = this.changedNetwork(state);
      return value;
    });
    if (network) {
      this.publisher.publish(network);
    }
    if (changes.some(({ kind }) => (SCHEDULED_KINDS as readonly string[]).includes(kind))) {
      this.scheduler.schedule();
    }
    if (changes.some(({ kind }) => kind === 'tasks')) {
      this.tasks.schedule();
    }
    this.blobs.remove(changes.filter(({ value }) => value === undefined));
    for (const { value } of changes.filter(({ kind }) => kind === 'events')) {
      this.tell(value as AuditEvent | undefined);
    }
    return result;
  }

  /** Writes a job down, with what belongs to it, and sets it going. */
  public enqueue(work: (state: State) => Job): Job {
    const job = this.transact(work);
    this.jobs.run(job);
    return job;
  }

  /** Picks up where the last run has ended, however it did. */
  public async start(): Promise<void> {
    this.blobs.sweep(this.state);
    const specs = [...[...this.state.instances].map(({ spec }) => spec), ...this.tasks.specs];
    const reports = await this.cell.recover(specs, this.publisher.desired);
    this.scheduler.adopt(reports);
    this.tasks.adopt(reports);
    this.stager.failInterrupted();
    this.jobs.resume();
  }

  /** The applications go on running. */
  public async close(): Promise<void> {
    this.scheduler.close();
    this.tasks.close();
    this.jobs.close();
    this.publisher.close();
    this.recorder.close();
    await this.cell.close();
    this.database.close();
  }

  /** In the log of the application that it happened to. */
  private tell(event: AuditEvent | undefined): void {
    const line = event && logLineOf(event);
    if (line && this.state.apps.get(line.appGuid)) {
      this.cell.log(line.appGuid, { instanceIndex: '0', source: 'API', stream: 'OUT', message: line.message });
    }
  }

  private changedNetwork(state: State): NetworkState | undefined {
    if (!NETWORK_KINDS.some((kind) => this.database.touches(kind))) {
      return undefined;
    }
    const { revision, ...before } = this.publisher.desired;
    const after = desiredNetwork(state);
    if (isDeepStrictEqual(before, after)) {
      return undefined;
    }
    state.facts.put({ ...state.stamp(), guid: NETWORK_REVISION, value: revision + 1 });
    return { revision: revision + 1, ...after };
  }
}
