import { actingAs } from './acting';
import { BrokerFailure } from './broker';
import type { Around, Orphan } from './broker-work';
import { CloudError, unableToPerform } from './errors';
import { OPERATIONS, reasonOf, type Operation, type OperationName, type Work } from './operations';
import type { Access } from './permissions';
import type { Job, JobFailure } from './records';
import type { State } from './state';

type Surroundings = Omit<Around, 'orphans' | 'signal' | 'userGuid'> & { onFailure(error: unknown): void };

const failureOf = (error: unknown, verb: string | undefined): JobFailure => {
  const known =
    error instanceof CloudError ? error : verb === undefined ? undefined : unableToPerform(verb, reasonOf(error));
  return known
    ? { code: known.code, title: known.title, detail: known.message }
    : { code: 10001, title: 'UnknownError', detail: reasonOf(error) };
};

/** Stores a job, in the transaction of the change that it belongs to; `JobRunner` runs it. */
export const createJob = (state: State, operation: OperationName, work: Work, access?: Access): Job =>
  state.jobs.put({
    ...state.stamp(),
    operation,
    state: 'PROCESSING',
    errors: [],
    subject: { kind: OPERATIONS[operation].subject, guid: work.guid },
    work,
    userGuid: access?.actor.userGuid,
  });

export class JobRunner {
  private readonly ending = new AbortController();

  public constructor(private readonly around: Surroundings) {}

  /** Runs the jobs that a stop of the foundation interrupted. */
  public resume(): void {
    for (const job of this.around.state.jobs.where(({ state }) => state === 'PROCESSING')) this.run(job);
  }

  public run(job: Job): void {
    setImmediate(() => {
      void this.perform(job).catch((error: unknown) => this.around.onFailure(error));
    });
  }

  /** Leaves running jobs to the next start. */
  public close(): void {
    this.ending.abort();
  }

  private perform(job: Job): Promise<void> {
    return actingAs(this.around.state, job.userGuid, () => this.carryOut(job));
  }

  private async carryOut(job: Job): Promise<void> {
    const operation: Operation = OPERATIONS[job.operation as OperationName];
    const work = job.work as Work;
    const { signal } = this.ending;
    const orphans: Orphan[] = [];
    const finish = (state: State, outcome: Pick<Job, 'state' | 'errors' | 'warnings'>): void => {
      state.jobs.put({ ...job, ...outcome, updatedAt: state.now(), work: {} });
    };
    try {
      const { begin } = operation;
      if (begin) await this.around.record((state) => begin(state, work));
      const prepared = await operation.prepare?.({ ...this.around, userGuid: job.userGuid, orphans, signal }, work);
      if (signal.aborted) return;
      await this.around.record((state) => {
        const warnings: string[] = [];
        operation.apply(state, work, prepared, (text) => warnings.push(text));
        finish(state, { state: 'COMPLETE', errors: [], warnings });
      });
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof CloudError || error instanceof BrokerFailure)) this.around.onFailure(error);
      const mitigations: Job[] = [];
      await this.around.record((state) => {
        operation.fail?.(state, work, reasonOf(error));
        finish(state, { state: 'FAILED', errors: [failureOf(error, operation.verb)] });
        mitigations.splice(0, Infinity, ...orphans.map((orphan) => createJob(state, 'orphan.delete', orphan)));
      });
      for (const mitigation of mitigations) this.run(mitigation);
    }
  }
}
