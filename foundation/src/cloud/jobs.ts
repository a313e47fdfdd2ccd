import { deleteApp } from './apps';
import type { Broker, BucketCredentials } from './broker';
import { deleteDomain } from './domains';
import { CloudError } from './errors';
import { applyManifest } from './manifest';
import type { ManifestApplication } from './manifest-document';
import { deleteOrganization } from './organizations';
import { deleteQuota } from './quotas';
import type { Job, JobFailure, Kind, Row } from './records';
import { beginDeprovisioning, deleteServiceInstance, failOperation, finishProvisioning } from './service-instances';
import { deleteSpace } from './spaces';
import type { State, Table } from './state';
import { deleteUser } from './users';

/** What a job is about: `guid` of the object, and what else it needs. */
interface Work {
  readonly guid: string;
}

interface Surroundings {
  readonly state: State;
  readonly broker: Broker;
  transact(work: (state: State) => void): void;
  /** For what has happened already. */
  record(work: (state: State) => void): Promise<void>;
  onFailure(error: unknown): void;
}

interface Operation {
  readonly subject: Kind;
  /** What can't be taken back goes first, and may be repeated; its result is handed to `apply`. */
  readonly prepare?: (around: Surroundings, work: Work) => Promise<unknown>;
  /** In one transaction with the job's end. */
  readonly apply: (state: State, work: Work, prepared: unknown) => void;
  readonly fail?: (state: State, work: Work) => void;
}

const removal = (subject: Kind): Operation => ({
  subject,
  apply: (state, { guid }) => {
    (state[subject] as Table<Row>).delete(guid);
  },
});

/** What brokers have made in a place that is being removed. */
const deprovision = async (around: Surroundings, guids: readonly string[]): Promise<void> => {
  const managed = around.state.serviceInstances.where(({ guid, type }) => type === 'managed' && guids.includes(guid));
  for (const instance of managed) {
    around.transact((state) => {
      beginDeprovisioning(state, instance);
    });
    await around.broker.deprovision(instance.guid);
  }
};

const instancesIn = (state: State, spaces: readonly string[]): string[] =>
  state.serviceInstances.where(({ spaceGuid }) => spaces.includes(spaceGuid)).map(({ guid }) => guid);

/** All that is done behind a 202. */
const OPERATIONS = {
  'app.delete': {
    subject: 'apps',
    apply: (state, { guid }) => {
      deleteApp(state, guid);
    },
  },
  'organization.delete': {
    subject: 'organizations',
    prepare: (around, { guid }) => {
      const spaces = around.state.spaces.where(({ organizationGuid }) => organizationGuid === guid);
      return deprovision(
        around,
        instancesIn(
          around.state,
          spaces.map((space) => space.guid),
        ),
      );
    },
    apply: (state, { guid }) => {
      deleteOrganization(state, guid);
    },
  },
  'space.delete': {
    subject: 'spaces',
    prepare: (around, { guid }) => deprovision(around, instancesIn(around.state, [guid])),
    apply: (state, { guid }) => {
      deleteSpace(state, guid);
    },
  },
  'space.apply_manifest': {
    subject: 'spaces',
    apply: (state, work) => {
      applyManifest(state, work.guid, (work as Work & { applications: readonly ManifestApplication[] }).applications);
    },
  },
  'domain.delete': {
    subject: 'domains',
    apply: (state, { guid }) => {
      deleteDomain(state, guid);
    },
  },
  'user.delete': {
    subject: 'users',
    apply: (state, { guid }) => {
      deleteUser(state, guid);
    },
  },
  'space_quota.delete': {
    subject: 'quotas',
    apply: (state, { guid }) => {
      deleteQuota(state, guid);
    },
  },
  'route.delete': removal('routes'),
  'role.delete': removal('roles'),
  'security_group.delete': removal('securityGroups'),
  'package.delete': removal('packages'),
  'service_bindings.create': { subject: 'serviceBindings', apply: () => undefined },
  'service_bindings.delete': removal('serviceBindings'),
  'service_keys.create': { subject: 'serviceBindings', apply: () => undefined },
  'service_keys.delete': removal('serviceBindings'),
  'service_instance.create': {
    subject: 'serviceInstances',
    prepare: ({ state, broker }, { guid }) => {
      const plan = state.servicePlans.expect(state.serviceInstances.expect(guid).planGuid ?? '');
      return broker.provision(guid, plan.name);
    },
    apply: (state, { guid }, credentials) => {
      finishProvisioning(state, guid, credentials as BucketCredentials);
    },
    fail: (state, { guid }) => {
      failOperation(state, guid);
    },
  },
  'service_instance.delete': {
    subject: 'serviceInstances',
    prepare: (around, { guid }) => deprovision(around, [guid]),
    apply: (state, { guid }) => {
      deleteServiceInstance(state, guid);
    },
    fail: (state, { guid }) => {
      failOperation(state, guid);
    },
  },
} as const satisfies Record<string, Operation>;

export type OperationName = keyof typeof OPERATIONS;

const failureOf = (error: unknown): JobFailure =>
  error instanceof CloudError
    ? { code: error.code, title: error.title, detail: error.message }
    : { code: 10001, title: 'UnknownError', detail: error instanceof Error ? error.message : String(error) };

/** Written down with the change that it belongs to; `JobRunner` does it. */
export const createJob = (state: State, operation: OperationName, work: Work): Job =>
  state.jobs.put({
    ...state.stamp(),
    operation,
    state: 'PROCESSING',
    errors: [],
    subject: { kind: OPERATIONS[operation].subject, guid: work.guid },
    work,
  });

export class JobRunner {
  public constructor(private readonly around: Surroundings) {}

  /** Those that an end of the foundation has interrupted. */
  public resume(): void {
    for (const job of this.around.state.jobs.where(({ state }) => state === 'PROCESSING')) {
      this.run(job);
    }
  }

  public run(job: Job): void {
    setImmediate(() => {
      void this.perform(job).catch((error: unknown) => {
        this.around.onFailure(error);
      });
    });
  }

  private async perform(job: Job): Promise<void> {
    const operation: Operation = OPERATIONS[job.operation as OperationName];
    const work = job.work as Work;
    const finish = (state: State, outcome: Pick<Job, 'state' | 'errors'>): void => {
      state.jobs.put({ ...job, ...outcome, updatedAt: state.now(), work: {} });
    };
    try {
      const prepared = await operation.prepare?.(this.around, work);
      await this.around.record((state) => {
        operation.apply(state, work, prepared);
        finish(state, { state: 'COMPLETE', errors: [] });
      });
    } catch (error) {
      if (!(error instanceof CloudError)) {
        this.around.onFailure(error);
      }
      await this.around.record((state) => {
        operation.fail?.(state, work);
        finish(state, { state: 'FAILED', errors: [failureOf(error)] });
      });
    }
  }
}
