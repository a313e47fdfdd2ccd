/** Asynchronous operations, and the jobs that run them. */
import { deleteApp, findApp } from './apps';
import { type Bound, type CatalogOffering, type Provisioned, BrokerFailure } from './broker';
import {
  bind,
  clearSpaces,
  deprovision,
  finishBindings,
  orphansOf,
  provision,
  removeOrphan,
  unbind,
  update,
  type Around,
  type BoundByGuid,
  type Orphan,
} from './broker-work';
import { readCatalog } from './catalog-document';
import { deleteDomain } from './domains';
import { unprocessable, CloudError, unableToPerform } from './errors';
import { applyManifest } from './manifest';
import type { ManifestApplication } from './manifest-document';
import { catalogClashes, deleteBroker } from './marketplace';
import { deleteOrganization } from './organizations';
import { deletePackage } from './packages';
import { deleteQuota } from './quotas';
import type { Kind, ServiceBinding, ServiceBroker, Job, JobFailure } from './records';
import { deleteRole } from './roles';
import { deleteRoute, deleteUnmappedRoutes } from './route-bindings';
import { finishBroker, leaveBroker, type BrokerUpdate } from './service-brokers';
import { deleteBinding, failBinding, unfinishedBindings } from './service-bindings';
import { deleteServiceInstance } from './service-instances';
import { failOperation, finishOperation, finishUpdate } from './managed-instances';
import { deleteSpace } from './spaces';
import type { State } from './state';
import { deleteUser } from './users';
import { actingAs } from './events';
import type { Access } from './permissions';

/** The input of a job: the object's GUID, and more by operation. */
export interface Work {
  readonly guid: string;
}

export interface Operation {
  readonly subject: Kind;
  /** For an operation that calls a broker: the verb in its messages, as in `provision could not be completed`. */
  readonly verb?: string;
  /** Runs first, in its own transaction; may be repeated. */
  readonly begin?: (state: State, work: Work) => void;
  /** Does what can't be rolled back, and passes its result to `apply`; may be repeated. */
  readonly prepare?: (around: Around, work: Work) => Promise<unknown>;
  /** Runs in the transaction that ends the job. */
  readonly apply: (state: State, work: Work, prepared: unknown, warn: (text: string) => void) => void;
  readonly fail?: (state: State, work: Work, reason: string) => void;
}

const removal = (subject: Kind, remove: (state: State, guid: string) => void): Operation => ({
  subject,
  apply: (state, { guid }) => remove(state, guid),
});

export const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const bindingJob = (verb: 'bind' | 'unbind', operation: Omit<Operation, 'subject' | 'verb' | 'fail'>): Operation => ({
  subject: 'serviceBindings',
  verb,
  ...operation,
  fail: (state, { guid }, reason) => failBinding(state, guid, reason),
});

const BIND = bindingJob('bind', {
  prepare: (around, { guid }) =>
    bind(
      around,
      unfinishedBindings(around.state, (binding) => binding.guid === guid),
    ),
  apply: (state, _work, bound) => finishBindings(state, bound as BoundByGuid),
});

const UNBIND = bindingJob('unbind', {
  prepare: (around, { guid }) => unbind(around, (binding) => binding.guid === guid),
  apply: (state, { guid }) => deleteBinding(state, guid),
});

const instanceJob = (verb: string, operation: Omit<Operation, 'subject' | 'verb' | 'fail'>): Operation => ({
  subject: 'serviceInstances',
  verb,
  ...operation,
  fail: (state, { guid }, reason) => failOperation(state, guid, reason),
});

interface ManifestWork extends Work {
  readonly applications: readonly ManifestApplication[];
}

/** Bindings that the manifest has just created. */
const manifestBindings = (state: State, { guid, applications }: ManifestWork): readonly ServiceBinding[] => {
  const apps = applications.map(({ name }) => findApp(state, guid, name)?.guid);
  return unfinishedBindings(state, ({ appGuid }) => apps.includes(appGuid));
};

const bindManifest = async (around: Around, work: ManifestWork): Promise<BoundByGuid> => {
  const { state } = around;
  const bound = new Map<string, Bound>();
  for (const binding of manifestBindings(state, work)) {
    try {
      (await bind(around, [binding])).forEach((made, guid) => bound.set(guid, made));
    } catch (error) {
      around.orphans.push(...orphansOf(state, [...bound.keys()]));
      const app = state.apps.expect(binding.appGuid ?? '');
      const instance = state.serviceInstances.expect(binding.serviceInstanceGuid);
      throw unprocessable(`For application '${app.name}': For service '${instance.name}': ${reasonOf(error)}`);
    }
  }
  return bound;
};

const QUOTA_REMOVAL = removal('quotas', deleteQuota);

const fetchCatalog = async (
  { state, brokers, userGuid }: Around,
  broker: ServiceBroker,
): Promise<readonly CatalogOffering[]> =>
  readCatalog((await brokers.remote(broker)?.fetchCatalog(userGuid)) ?? {}, catalogClashes(state, broker));

/** Fetches the catalog, unless only the broker's name changes. */
const readUpdated = (around: Around, { guid, address }: BrokerUpdate) => {
  const broker = around.state.serviceBrokers.expect(guid);
  return address ? fetchCatalog(around, { ...broker, address }) : Promise.resolve(undefined);
};

const readyBroker: Operation['apply'] = (state, work, catalog, warn) =>
  finishBroker(state, work, catalog as readonly CatalogOffering[] | undefined).forEach(warn);

/** All asynchronous operations, which the API answers with 202. */
export const OPERATIONS = {
  'app.delete': {
    ...removal('apps', deleteApp),
    prepare: (around, { guid }) => unbind(around, ({ appGuid }) => appGuid === guid),
  },
  'organization.delete': {
    ...removal('organizations', deleteOrganization),
    prepare: (around, { guid }) => clearSpaces(around, ({ organizationGuid }) => organizationGuid === guid),
  },
  'space.delete': {
    ...removal('spaces', deleteSpace),
    prepare: (around, { guid }) => clearSpaces(around, (space) => space.guid === guid),
  },
  'space.apply_manifest': {
    subject: 'spaces',
    begin: (state, work) => applyManifest(state, work.guid, (work as ManifestWork).applications),
    prepare: (around, work) => bindManifest(around, work as ManifestWork),
    apply: (state, _work, bound) => finishBindings(state, bound as BoundByGuid),
    fail: (state, work, reason) => {
      for (const { guid } of manifestBindings(state, work as ManifestWork)) failBinding(state, guid, reason);
    },
  },
  'domain.delete': removal('domains', deleteDomain),
  'user.delete': removal('users', deleteUser),
  'organization_quota.delete': QUOTA_REMOVAL,
  'space_quota.delete': QUOTA_REMOVAL,
  'route.delete': removal('routes', deleteRoute),
  'space.delete_unmapped_routes': removal('spaces', deleteUnmappedRoutes),
  'role.delete': removal('roles', deleteRole),
  'security_group.delete': removal('securityGroups', (state, guid) => state.securityGroups.delete(guid)),
  'package.delete': removal('packages', deletePackage),
  'service_bindings.create': BIND,
  'service_bindings.delete': UNBIND,
  'service_keys.create': BIND,
  'service_keys.delete': UNBIND,
  'service_broker.catalog.synchronize': {
    subject: 'serviceBrokers',
    prepare: (around, { guid }) => fetchCatalog(around, around.state.serviceBrokers.expect(guid)),
    apply: readyBroker,
    fail: (state, { guid }) => leaveBroker(state, guid, 'failed'),
  },
  'service_broker.update': {
    subject: 'serviceBrokers',
    prepare: readUpdated,
    apply: readyBroker,
    fail: (state, work) => leaveBroker(state, work.guid, (work as BrokerUpdate).before),
  },
  'service_broker.delete': removal('serviceBrokers', deleteBroker),
  'service_instance.create': instanceJob('provision', {
    prepare: (around, { guid }) => provision(around, guid),
    apply: (state, { guid }, made) => finishOperation(state, guid, made as Provisioned),
  }),
  'service_instance.update': instanceJob('update', {
    prepare: (around, work) => update(around, work),
    apply: (state, work, made) => finishUpdate(state, work, made as Provisioned),
  }),
  'service_instance.delete': instanceJob('delete', {
    prepare: (around, { guid }) => deprovision(around, (instance) => instance.guid === guid),
    apply: (state, { guid }) => deleteServiceInstance(state, guid),
  }),
  'orphan.delete': {
    subject: 'serviceInstances',
    prepare: (around, work) => removeOrphan(around, work as Orphan),
    apply: () => undefined,
  },
} as const satisfies Record<string, Operation>;

export type OperationName = keyof typeof OPERATIONS;

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
