import { notAuthorized, unprocessable } from './errors';
import type { Access } from './permissions';
import type {
  Quota,
  QuotaLimits,
  App,
  Domain,
  Process,
  Row,
  ServiceBinding,
  ServiceInstance,
  Task,
  TaskState,
} from './records';
import type { State, Table } from './state';

/** The quota, without limits, of organizations that were given no other. */
export const DEFAULT_QUOTA = '5a2ee0dc-1f56-4f09-9b2b-6a1b3d2e7c40';

export const NO_LIMITS: QuotaLimits = {};

const requireFreeName = (
  state: State,
  name: string,
  { organizationGuid, guid }: Partial<Pick<Quota, 'organizationGuid' | 'guid'>> = {},
): void => {
  const isTaken = (quota: Quota): boolean =>
    quota.name === name && quota.organizationGuid === organizationGuid && quota.guid !== guid;
  if (state.quotas.find(isTaken)) {
    const kind = organizationGuid === undefined ? 'Organization' : 'Space';
    throw unprocessable(`${kind} Quota '${name}' already exists.`);
  }
};

export const updateQuota = (state: State, quota: Quota, name: string, limits: QuotaLimits): Quota => {
  requireFreeName(state, name, quota);
  return state.quotas.put({ ...quota, updatedAt: state.now(), name, limits });
};

export const createOrganizationQuota = (
  state: State,
  command: { name: string; limits: QuotaLimits; places: readonly string[] },
): Quota => {
  requireFreeName(state, command.name);
  const quota = state.quotas.put({ ...state.stamp(), name: command.name, limits: command.limits });
  applyToOrganizations(state, quota, command.places);
  return quota;
};

export const applyToOrganizations = (state: State, quota: Quota, guids: readonly string[]): void => {
  const missing = guids.filter((guid) => !state.organizations.get(guid));
  if (missing.length > 0) {
    throw unprocessable(
      `Organizations with guids ${JSON.stringify(missing)} do not exist, or you do not have access to them.`,
    );
  }
  for (const guid of guids) state.organizations.put({ ...state.organizations.expect(guid), quotaGuid: quota.guid });
};

export const createSpaceQuota = (
  state: State,
  command: { name: string; limits: QuotaLimits; organizationGuid: string; places: readonly string[] },
  access: Access,
): Quota => {
  const { organizationGuid } = command;
  if (!state.organizations.get(organizationGuid) || !access.inOrganization('organization:read', organizationGuid)) {
    throw unprocessable(
      `Organization with guid '${organizationGuid}' does not exist, or you do not have access to it.`,
    );
  }
  if (!access.inOrganization('space-quota:write', organizationGuid)) throw notAuthorized();
  requireFreeName(state, command.name, { organizationGuid });
  const quota = state.quotas.put({ ...state.stamp(), name: command.name, limits: command.limits, organizationGuid });
  applyToSpaces(state, quota, command.places);
  return quota;
};

export const applyToSpaces = (state: State, quota: Quota, guids: readonly string[]): void => {
  const missing = guids.filter((guid) => state.spaces.get(guid)?.organizationGuid !== quota.organizationGuid);
  if (missing.length > 0) {
    throw unprocessable(
      `Spaces with guids ${JSON.stringify(missing)} do not exist within the organization specified, ` +
        'or you do not have access to them.',
    );
  }
  for (const guid of guids) state.spaces.put({ ...state.spaces.expect(guid), quotaGuid: quota.guid });
};

/** A quota that is applied to an organization or space can't be deleted. */
export const requireUnused = (state: State, guid: string): void => {
  if (state.organizations.find(({ quotaGuid }) => (quotaGuid ?? DEFAULT_QUOTA) === guid)) {
    throw unprocessable(
      'This quota is applied to one or more organizations. ' +
        'Apply different quotas to those organizations before deleting.',
    );
  }
  if (state.spaces.find(({ quotaGuid }) => quotaGuid === guid)) {
    throw unprocessable(
      'This quota is applied to one or more spaces. Remove this quota from all spaces before deleting.',
    );
  }
};

/** Checks again, since the quota may have been applied since the request. */
export const deleteQuota = (state: State, guid: string): void => {
  requireUnused(state, guid);
  state.quotas.delete(guid);
};

interface Usage {
  readonly memory: number;
  readonly instances: number;
  readonly tasks: number;
  /** The sum of those that have a limit. */
  readonly logRate: number;
}

const RUNNING_TASKS: readonly TaskState[] = ['PENDING', 'RUNNING'];

const sum = <T>(rows: readonly T[], amountOf: (row: T) => number): number =>
  rows.reduce((total, row) => total + amountOf(row), 0);

/** The usage of started applications and of tasks that have not ended; stopped applications don't count. */
const usageOf = (state: State, isIn: (spaceGuid: string) => boolean): Usage => {
  const started = state.processes.where(({ appGuid }) => {
    const app = state.apps.get(appGuid);
    return app?.state === 'STARTED' && isIn(app.spaceGuid);
  });
  const tasks = state.tasks.where(
    (task) => RUNNING_TASKS.includes(task.state) && isIn(state.apps.get(task.appGuid)?.spaceGuid ?? ''),
  );
  const all = [...started, ...tasks.map(({ memory, logRateLimit }) => ({ memory, logRateLimit, instances: 1 }))];
  return {
    memory: sum(all, ({ memory, instances }) => memory * instances),
    instances: sum(started, ({ instances }) => instances),
    tasks: tasks.length,
    logRate: sum(all, ({ logRateLimit, instances }) => Math.max(0, logRateLimit) * instances),
  };
};

const exceeds = (used: number, limit: number | null | undefined): boolean =>
  limit !== null && limit !== undefined && used > limit;

/** Counts only if there is a limit. */
const countExceeds = <T extends Row>(
  table: Table<T>,
  limit: number | null | undefined,
  counts: (row: T) => boolean,
): boolean => typeof limit === 'number' && table.where(counts).length > limit;

interface Place {
  readonly quota: Quota;
  readonly kind: 'space' | 'organization';
  readonly name: string;
  readonly isIn: (spaceGuid: string) => boolean;
}

const overOrganization = (state: State, guid: string): Place[] => {
  const organization = state.organizations.expect(guid);
  const quota = state.quotas.get(organization.quotaGuid ?? DEFAULT_QUOTA);
  const isIn = (spaceGuid: string): boolean => state.spaces.get(spaceGuid)?.organizationGuid === guid;
  return quota ? [{ quota, kind: 'organization', name: organization.name, isIn }] : [];
};

/** The quotas that apply to a space, and where each applies. */
const quotasOver = (state: State, spaceGuid: string): Place[] => {
  const { quotaGuid, organizationGuid, name } = state.spaces.expect(spaceGuid);
  const quota = state.quotas.get(quotaGuid);
  const isIn = (guid: string): boolean => guid === spaceGuid;
  return [
    ...(quota ? [{ quota, kind: 'space' as const, name, isIn }] : []),
    ...overOrganization(state, organizationGuid),
  ];
};

const isUnlimited = (rate: number): boolean => rate < 0;

/** Under a quota with a log rate, an unlimited rate is refused. */
const requireLogRate = (place: Place, used: number, rates: readonly number[]): void => {
  const { kind, name, quota } = place;
  const { totalLogRate } = quota.limits;
  if (typeof totalLogRate === 'number' && rates.some(isUnlimited)) {
    throw unprocessable(`log_rate_limit cannot be unlimited in ${kind} '${name}'.`);
  }
  if (exceeds(used, totalLogRate)) throw unprocessable(`log_rate_limit exceeds ${kind} log rate quota`);
};

/** Checks a task that the transaction has created. */
export const requireTaskWithinQuota = (state: State, spaceGuid: string, task: Task): void => {
  for (const place of quotasOver(state, spaceGuid)) {
    const { quota, kind, isIn } = place;
    const { totalMemory, instanceMemory, totalTasks } = quota.limits;
    const { memory, tasks, logRate } = usageOf(state, isIn);
    if (exceeds(memory, totalMemory)) throw unprocessable(`memory_in_mb exceeds ${kind} memory quota`);
    if (exceeds(task.memory, instanceMemory)) throw unprocessable(`memory_in_mb exceeds ${kind} instance memory quota`);
    requireLogRate(place, logRate, [task.logRateLimit]);
    if (exceeds(tasks, totalTasks)) throw unprocessable('app_task_limit quota exceeded');
  }
};

/**
 * Throws, to roll back the transaction, if it has grown an application beyond its quotas.
 *
 * @param remedy ends the messages about totals over all instances
 *
 * @see https://docs.cloudfoundry.org/adminguide/quota-plans.html
 */
export const requireWithinQuota = (state: State, app: App, remedy: (place: Place) => string = () => ''): void => {
  for (const place of quotasOver(state, app.spaceGuid)) {
    const { quota, kind, isIn } = place;
    const prefix = kind === 'space' ? 'space_' : '';
    const { totalMemory, instanceMemory, totalInstances } = quota.limits;
    const { memory, instances, logRate } = usageOf(state, isIn);
    const biggest = Math.max(
      0,
      ...state.processes
        .where(({ appGuid }) => isIn(state.apps.get(appGuid)?.spaceGuid ?? ''))
        .map((process) => process.memory),
    );
    if (exceeds(memory, totalMemory)) throw unprocessable(`memory ${prefix}quota_exceeded${remedy(place)}`);
    if (exceeds(biggest, instanceMemory)) throw unprocessable(`memory ${prefix}instance_memory_limit_exceeded`);
    if (exceeds(instances, totalInstances)) {
      throw unprocessable(`app_instance_limit ${prefix}app_instance_limit_exceeded${remedy(place)}`);
    }
    if (app.state === 'STARTED') {
      const own = state.processes.ofApp(app.guid).filter((process) => process.instances > 0);
      requireLogRate(
        place,
        logRate,
        own.map(({ logRateLimit }) => logRateLimit),
      );
    }
  }
};

/** Checks a new deployment: while it rolls, there are more instances than before or after. */
export const requireDeploymentWithinQuota = (state: State, app: App): void =>
  requireWithinQuota(
    state,
    app,
    ({ kind, name }) =>
      ` for ${kind} ${name}. This ${kind}'s quota may not be large enough to support rolling deployments ` +
      'or your configured max-in-flight.',
  );

/** Whether the application's quotas allow these sizes of its processes. */
export const isWithinQuota = (state: State, app: App, resized: readonly Process[]): boolean =>
  quotasOver(state, app.spaceGuid).every(({ quota, isIn }) => {
    const { totalMemory, totalInstances } = quota.limits;
    const used = usageOf(state, isIn);
    const more = (amountOf: (process: Process) => number): number =>
      sum(resized, (process) => amountOf(process) - amountOf(state.processes.expect(process.guid)));
    return !(
      exceeds(used.memory + more(({ memory, instances }) => memory * instances), totalMemory) ||
      exceeds(used.instances + more(({ instances }) => instances), totalInstances)
    );
  });

/** Checks a route that the transaction has created. */
export const requireRouteWithinQuota = (state: State, spaceGuid: string): void => {
  for (const { quota, kind, name, isIn } of quotasOver(state, spaceGuid)) {
    if (countExceeds(state.routes, quota.limits.totalRoutes, (route) => isIn(route.spaceGuid))) {
      throw unprocessable(`Routes quota exceeded for ${kind} '${name}'.`);
    }
  }
};

/** Checks a managed service instance that the transaction has created; user-provided ones don't count. */
export const requireServiceWithinQuota = (state: State, spaceGuid: string, free: boolean): void => {
  for (const { quota, kind, isIn } of quotasOver(state, spaceGuid)) {
    const { totalServiceInstances, paidServices } = quota.limits;
    const isManaged = (instance: ServiceInstance): boolean => instance.type === 'managed' && isIn(instance.spaceGuid);
    if (countExceeds(state.serviceInstances, totalServiceInstances, isManaged)) {
      throw unprocessable(`You have exceeded your ${kind}'s services limit.`);
    }
    if (!free && paidServices === false) {
      throw unprocessable(
        `The service instance cannot be created because paid service plans are not allowed for your ${kind}.`,
      );
    }
  }
};

/** Checks a service key that the transaction has created. */
export const requireKeyWithinQuota = (state: State, spaceGuid: string): void => {
  for (const { quota, kind, isIn } of quotasOver(state, spaceGuid)) {
    const isKey = ({ type, serviceInstanceGuid }: ServiceBinding): boolean =>
      type === 'key' && isIn(state.serviceInstances.get(serviceInstanceGuid)?.spaceGuid ?? '');
    if (countExceeds(state.serviceBindings, quota.limits.totalServiceKeys, isKey)) {
      throw unprocessable(`You have exceeded your ${kind}'s limit for service binding of type key.`);
    }
  }
};

/** Checks a private domain that the transaction has created. */
export const requireDomainWithinQuota = (state: State, organizationGuid: string): void => {
  for (const { quota, name } of overOrganization(state, organizationGuid)) {
    const isOwn = (domain: Domain): boolean => domain.organizationGuid === organizationGuid;
    if (countExceeds(state.domains, quota.limits.totalDomains, isOwn)) {
      throw unprocessable(`The number of private domains exceeds the quota for organization "${name}"`);
    }
  }
};
