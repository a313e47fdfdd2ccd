import { deleteApp, findApp } from './apps';
import { BrokerRefusal, type Broker, type Credentials } from './broker';
import { deleteDomain } from './domains';
import { CloudError, unableToPerform, unprocessable } from './errors';
import { applyManifest } from './manifest';
import type { ManifestApplication } from './manifest-document';
import { deleteOrganization } from './organizations';
import { deleteQuota } from './quotas';
import type { Job, JobFailure, Kind, Row, ServiceBinding, ServiceInstance } from './records';
import { deleteRoute } from './route-bindings';
import {
  brokeredBinding,
  brokeredBindings,
  failBinding,
  finishBinding,
  spaceOfBinding,
  unfinishedBindings,
} from './service-bindings';
import {
  beginDeprovisioning,
  brokered,
  deleteServiceInstance,
  failOperation,
  finishOperation,
  finishUpdate,
  type ManagedUpdate,
} from './service-instances';
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
  /** What a broker's answer is called, where one is asked: `provision could not be completed`. */
  readonly verb?: string;
  /** In a transaction of its own, before anything else; may be repeated. */
  readonly begin?: (state: State, work: Work) => void;
  /** What can't be taken back, and may be repeated; its result is handed to `apply`. */
  readonly prepare?: (around: Surroundings, work: Work) => Promise<unknown>;
  /** In one transaction with the job's end. */
  readonly apply: (state: State, work: Work, prepared: unknown) => void;
  readonly fail?: (state: State, work: Work, reason: string) => void;
}

const removal = (subject: Kind): Operation => ({
  subject,
  apply: (state, { guid }) => {
    (state[subject] as Table<Row>).delete(guid);
  },
});

const reasonOf = (error: unknown): string =>
  error instanceof BrokerRefusal
    ? `Service broker error: ${error.message}`
    : error instanceof Error
      ? error.message
      : String(error);

type Bound = ReadonlyMap<string, Credentials>;

const bind = async ({ state, broker }: Surroundings, bindings: readonly ServiceBinding[]): Promise<Bound> => {
  const bound = new Map<string, Credentials>();
  for (const binding of bindings) {
    bound.set(binding.guid, await broker.bind(brokeredBinding(state, binding)));
  }
  return bound;
};

const finishBindings = (state: State, bound: Bound): void => {
  for (const [guid, credentials] of bound) {
    finishBinding(state, guid, credentials);
  }
};

const unbind = async (
  { state, broker }: Surroundings,
  isMeant: (binding: ServiceBinding) => boolean,
): Promise<void> => {
  for (const { guid, serviceInstanceGuid: instanceGuid, credentials } of brokeredBindings(state, isMeant)) {
    await broker.unbind({ guid, instanceGuid, credentials });
  }
};

/** What brokers have made for instances that are being removed, their bindings first. */
const deprovision = async (around: Surroundings, isMeant: (instance: ServiceInstance) => boolean): Promise<void> => {
  const managed = around.state.serviceInstances.where((instance) => instance.type === 'managed' && isMeant(instance));
  for (const instance of managed) {
    around.transact((state) => {
      beginDeprovisioning(state, instance);
    });
    await unbind(around, ({ serviceInstanceGuid }) => serviceInstanceGuid === instance.guid);
    await around.broker.deprovision(instance.guid);
  }
};

/** What brokers have made in spaces that are being removed, and for applications there. */
const clearSpaces = async (around: Surroundings, spaces: readonly string[]): Promise<void> => {
  await unbind(around, (binding) => spaces.includes(spaceOfBinding(around.state, binding)));
  await deprovision(around, ({ spaceGuid }) => spaces.includes(spaceGuid));
};

const bindingJob = (verb: 'bind' | 'unbind', operation: Omit<Operation, 'subject' | 'verb' | 'fail'>): Operation => ({
  subject: 'serviceBindings',
  verb,
  ...operation,
  fail: (state, { guid }, reason) => {
    failBinding(state, guid, reason);
  },
});

const BIND = bindingJob('bind', {
  prepare: (around, { guid }) =>
    bind(
      around,
      unfinishedBindings(around.state, (binding) => binding.guid === guid),
    ),
  apply: (state, _work, bound) => {
    finishBindings(state, bound as Bound);
  },
});

const UNBIND = bindingJob('unbind', {
  prepare: (around, { guid }) => unbind(around, (binding) => binding.guid === guid),
  apply: (state, { guid }) => {
    state.serviceBindings.delete(guid);
  },
});

const instanceJob = (verb: string, operation: Omit<Operation, 'subject' | 'verb' | 'fail'>): Operation => ({
  subject: 'serviceInstances',
  verb,
  ...operation,
  fail: (state, { guid }, reason) => {
    failOperation(state, guid, reason);
  },
});

interface ManifestWork extends Work {
  readonly applications: readonly ManifestApplication[];
}

/** Bindings that the manifest has just made. */
const manifestBindings = (state: State, { guid, applications }: ManifestWork): readonly ServiceBinding[] => {
  const apps = applications.map(({ name }) => findApp(state, guid, name)?.guid);
  return unfinishedBindings(state, ({ appGuid }) => apps.includes(appGuid));
};

const bindManifest = async (around: Surroundings, work: ManifestWork): Promise<Bound> => {
  const { state } = around;
  const bound = new Map<string, Credentials>();
  for (const binding of manifestBindings(state, work)) {
    try {
      (await bind(around, [binding])).forEach((credentials, guid) => bound.set(guid, credentials));
    } catch (error) {
      const app = state.apps.expect(binding.appGuid ?? '');
      const instance = state.serviceInstances.expect(binding.serviceInstanceGuid);
      throw unprocessable(`For application '${app.name}': For service '${instance.name}': ${reasonOf(error)}`);
    }
  }
  return bound;
};

/** All that is done behind a 202. */
const QUOTA_REMOVAL: Operation = {
  subject: 'quotas',
  apply: (state, { guid }) => {
    const quota = state.quotas.get(guid);
    if (quota) {
      deleteQuota(state, quota);
    }
  },
};

const OPERATIONS = {
  'app.delete': {
    subject: 'apps',
    prepare: (around, { guid }) => unbind(around, ({ appGuid }) => appGuid === guid),
    apply: (state, { guid }) => {
      deleteApp(state, guid);
    },
  },
  'organization.delete': {
    subject: 'organizations',
    prepare: (around, { guid }) => {
      const spaces = around.state.spaces.where(({ organizationGuid }) => organizationGuid === guid);
      return clearSpaces(
        around,
        spaces.map((space) => space.guid),
      );
    },
    apply: (state, { guid }) => {
      deleteOrganization(state, guid);
    },
  },
  'space.delete': {
    subject: 'spaces',
    prepare: (around, { guid }) => clearSpaces(around, [guid]),
    apply: (state, { guid }) => {
      deleteSpace(state, guid);
    },
  },
  'space.apply_manifest': {
    subject: 'spaces',
    begin: (state, work) => {
      applyManifest(state, work.guid, (work as ManifestWork).applications);
    },
    prepare: (around, work) => bindManifest(around, work as ManifestWork),
    apply: (state, _work, bound) => {
      finishBindings(state, bound as Bound);
    },
    fail: (state, work, reason) => {
      for (const { guid } of manifestBindings(state, work as ManifestWork)) {
        failBinding(state, guid, reason);
      }
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
  'organization_quota.delete': QUOTA_REMOVAL,
  'space_quota.delete': QUOTA_REMOVAL,
  'route.delete': {
    subject: 'routes',
    apply: (state, { guid }) => {
      deleteRoute(state, guid);
    },
  },
  'role.delete': removal('roles'),
  'security_group.delete': removal('securityGroups'),
  'package.delete': removal('packages'),
  'service_bindings.create': BIND,
  'service_bindings.delete': UNBIND,
  'service_keys.create': BIND,
  'service_keys.delete': UNBIND,
  'service_instance.create': instanceJob('provision', {
    prepare: ({ state, broker }, { guid }) => broker.provision(brokered(state, state.serviceInstances.expect(guid))),
    apply: (state, { guid }) => {
      finishOperation(state, guid);
    },
  }),
  'service_instance.update': instanceJob('update', {
    prepare: ({ state, broker }, work) =>
      broker.update(brokered(state, state.serviceInstances.expect(work.guid), work as ManagedUpdate)),
    apply: (state, work) => {
      finishUpdate(state, work);
    },
  }),
  'service_instance.delete': instanceJob('delete', {
    prepare: (around, { guid }) => deprovision(around, (instance) => instance.guid === guid),
    apply: (state, { guid }) => {
      deleteServiceInstance(state, guid);
    },
  }),
} as const satisfies Record<string, Operation>;

export type OperationName = keyof typeof OPERATIONS;

const failureOf = (error: unknown, verb: string | undefined): JobFailure => {
  const known =
    error instanceof CloudError ? error : verb === undefined ? undefined : unableToPerform(verb, reasonOf(error));
  return known
    ? { code: known.code, title: known.title, detail: known.message }
    : { code: 10001, title: 'UnknownError', detail: reasonOf(error) };
};

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
      const { begin } = operation;
      if (begin) {
        await this.around.record((state) => {
          begin(state, work);
        });
      }
      const prepared = await operation.prepare?.(this.around, work);
      await this.around.record((state) => {
        operation.apply(state, work, prepared);
        finish(state, { state: 'COMPLETE', errors: [] });
      });
    } catch (error) {
      if (!(error instanceof CloudError || error instanceof BrokerRefusal)) {
        this.around.onFailure(error);
      }
      await this.around.record((state) => {
        operation.fail?.(state, work, reasonOf(error));
        finish(state, { state: 'FAILED', errors: [failureOf(error, operation.verb)] });
      });
    }
  }
}
