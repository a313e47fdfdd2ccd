import { notAuthorized, unprocessable } from './errors';
import type { Access } from './permissions';
import type { Quota, QuotaLimits, Task, TaskState } from './records';
import type { State } from './state';

/** Every organization has a quota: that of one which was given no other, which limits nothing. */
export const DEFAULT_QUOTA = '5a2ee0dc-1f56-4f09-9b2b-6a1b3d2e7c40';

export const NO_LIMITS: QuotaLimits = { totalMemory: null, instanceMemory: null, totalInstances: null };

const requireFreeName = (
  state: State,
  name: string,
  kind: 'Organization' | 'Space',
  organizationGuid?: string,
): void => {
  if (state.quotas.find((quota) => quota.name === name && quota.organizationGuid === organizationGuid)) {
    throw unprocessable(`${kind} Quota '${name}' already exists.`);
  }
};

export const createOrganizationQuota = (
  state: State,
  access: Access,
  command: { name: string; limits: QuotaLimits; places: readonly string[] },
): Quota => {
  access.require('quota:write');
  requireFreeName(state, command.name, 'Organization');
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
  for (const guid of guids) {
    state.organizations.put({ ...state.organizations.expect(guid), quotaGuid: quota.guid });
  }
};

export const createSpaceQuota = (
  state: State,
  access: Access,
  command: { name: string; limits: QuotaLimits; organizationGuid: string; places: readonly string[] },
): Quota => {
  const { organizationGuid } = command;
  if (!state.organizations.get(organizationGuid) || !access.inOrganization('organization:read', organizationGuid)) {
    throw unprocessable(
      `Organization with guid '${organizationGuid}' does not exist, or you do not have access to it.`,
    );
  }
  if (!access.inOrganization('space-quota:write', organizationGuid)) {
    throw notAuthorized();
  }
  requireFreeName(state, command.name, 'Space', organizationGuid);
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
  for (const guid of guids) {
    state.spaces.put({ ...state.spaces.expect(guid), quotaGuid: quota.guid });
  }
};

/** What was under the quota is without one afterwards. */
export const deleteQuota = (state: State, guid: string): void => {
  for (const space of state.spaces.where(({ quotaGuid }) => quotaGuid === guid)) {
    state.spaces.put({ ...space, quotaGuid: undefined });
  }
  state.quotas.delete(guid);
};

interface Usage {
  readonly memory: number;
  readonly instances: number;
}

const RUNNING_TASKS: readonly TaskState[] = ['PENDING', 'RUNNING'];

/** Of what is started, and of tasks that have not ended; what is stopped counts for nothing. */
const usageOf = (state: State, isIn: (spaceGuid: string) => boolean): Usage => {
  const started = state.processes.where(({ appGuid }) => {
    const app = state.apps.get(appGuid);
    return app?.state === 'STARTED' && isIn(app.spaceGuid);
  });
  const tasks = state.tasks.where(
    (task) => RUNNING_TASKS.includes(task.state) && isIn(state.apps.get(task.appGuid)?.spaceGuid ?? ''),
  );
  return {
    memory: [...started, ...tasks.map(({ memory }) => ({ memory, instances: 1 }))].reduce(
      (sum, { memory, instances }) => sum + memory * instances,
      0,
    ),
    instances: started.reduce((sum, { instances }) => sum + instances, 0),
  };
};

const exceeds = (used: number, limit: number | null | undefined): boolean =>
  limit !== null && limit !== undefined && used > limit;

interface Place {
  readonly quota: Quota;
  readonly name: 'space' | 'organization';
  readonly isIn: (spaceGuid: string) => boolean;
}

/** The quotas that hold in a space, with where they hold. */
const quotasOver = (state: State, spaceGuid: string): Place[] => {
  const { quotaGuid, organizationGuid } = state.spaces.expect(spaceGuid);
  const ofSpace = state.quotas.get(quotaGuid);
  const ofOrganization = state.quotas.get(state.organizations.expect(organizationGuid).quotaGuid ?? DEFAULT_QUOTA);
  return [
    ...(ofSpace ? [{ quota: ofSpace, name: 'space' as const, isIn: (guid: string) => guid === spaceGuid }] : []),
    ...(ofOrganization
      ? [
          {
            quota: ofOrganization,
            name: 'organization' as const,
            isIn: (guid: string) => state.spaces.get(guid)?.organizationGuid === organizationGuid,
          },
        ]
      : []),
  ];
};

/** The same for a task that the transaction has made. */
export const requireTaskWithinQuota = (state: State, spaceGuid: string, task: Task): void => {
  for (const { quota, name, isIn } of quotasOver(state, spaceGuid)) {
    if (exceeds(usageOf(state, isIn).memory, quota.limits.totalMemory)) {
      throw unprocessable(`memory_in_mb exceeds ${name} memory quota`);
    }
    if (exceeds(task.memory, quota.limits.instanceMemory)) {
      throw unprocessable(`memory_in_mb exceeds ${name} instance memory quota`);
    }
  }
};

/**
 * Throws if what the transaction has made of an application's space is more than its quotas allow: nothing of it is
 * then done.
 *
 * @see https://docs.cloudfoundry.org/adminguide/quota-plans.html
 */
export const requireWithinQuota = (state: State, spaceGuid: string): void => {
  for (const { quota, name, isIn } of quotasOver(state, spaceGuid)) {
    const prefix = name === 'space' ? 'space_' : '';
    const { totalMemory, instanceMemory, totalInstances } = quota.limits;
    const { memory, instances } = usageOf(state, isIn);
    const biggest = Math.max(
      0,
      ...state.processes
        .where(({ appGuid }) => isIn(state.apps.get(appGuid)?.spaceGuid ?? ''))
        .map((process) => process.memory),
    );
    if (exceeds(memory, totalMemory)) {
      throw unprocessable(`memory ${prefix}quota_exceeded`);
    }
    if (exceeds(biggest, instanceMemory)) {
      throw unprocessable(`memory ${prefix}instance_memory_limit_exceeded`);
    }
    if (exceeds(instances, totalInstances)) {
      throw unprocessable(`app_instance_limit ${prefix}app_instance_limit_exceeded`);
    }
  }
};
