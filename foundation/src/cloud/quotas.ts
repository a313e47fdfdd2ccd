import { notAuthorized, unprocessable } from './errors';
import type { Access } from './permissions';
import type { Quota, QuotaLimits } from './records';
import type { State } from './state';

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
  access: Access,
  command: { name: string; limits: QuotaLimits; places: readonly string[] },
): Quota => {
  access.require('quota:write');
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
  access: Access,
  command: { name: string; limits: QuotaLimits; organizationGuid: string; places: readonly string[] },
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
