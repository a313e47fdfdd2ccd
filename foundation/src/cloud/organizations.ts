import { unprocessable } from './errors';
import { recordOfOrganization, requested } from './events';
import { forgetOrganization } from './isolation-segments';
import { hideFromOrganization } from './marketplace';
import { mergeMetadata, NO_METADATA, type MetadataPatch } from './metadata';
import type { Access } from './permissions';
import { type Organization, isSameName } from './records';
import { deleteSpace } from './spaces';
import type { State } from './state';

const requireFreeName = (state: State, name: string, refusal: string, except?: string): void => {
  if (state.organizations.find((other) => isSameName(other.name, name) && other.guid !== except)) {
    throw unprocessable(refusal);
  }
};

export const createOrganization = (
  state: State,
  command: { name: string; suspended?: boolean; metadata?: MetadataPatch | null },
): Organization => {
  requireFreeName(state, command.name, `Organization '${command.name}' already exists.`);
  const organization = state.organizations.put({
    ...state.stamp(),
    name: command.name,
    suspended: command.suspended ?? false,
    metadata: mergeMetadata(NO_METADATA, command.metadata),
  });
  recordOfOrganization(state, 'create', organization, requested({ ...command }));
  return organization;
};

export const updateOrganization = (
  state: State,
  organization: Organization,
  command: { name?: string; suspended?: boolean; metadata?: MetadataPatch | null },
  access: Access,
): Organization => {
  const suspended = command.suspended ?? organization.suspended ?? false;
  if (suspended !== (organization.suspended ?? false)) access.require('organization:suspend');
  const name = command.name ?? organization.name;
  requireFreeName(state, name, `Organization name '${name}' is already taken.`, organization.guid);
  recordOfOrganization(state, 'update', { ...organization, name }, requested({ ...command }));
  return state.organizations.put({
    ...organization,
    updatedAt: state.now(),
    name,
    suspended,
    metadata: mergeMetadata(organization.metadata, command.metadata),
  });
};

/** Also deletes everything in it. */
export const deleteOrganization = (state: State, guid: string): void => {
  for (const space of state.spaces.where((candidate) => candidate.organizationGuid === guid)) {
    deleteSpace(state, space.guid);
  }
  for (const role of state.roles.where((candidate) => candidate.organizationGuid === guid)) {
    state.roles.delete(role.guid);
  }
  for (const domain of state.domains) {
    if (domain.organizationGuid === guid) {
      state.domains.delete(domain.guid);
    } else if (domain.sharedWith?.includes(guid)) {
      state.domains.put({ ...domain, sharedWith: domain.sharedWith.filter((other) => other !== guid) });
    }
  }
  forgetOrganization(state, guid);
  for (const plan of state.servicePlans.where(({ visibility }) => visibility.organizations.includes(guid))) {
    hideFromOrganization(state, plan, guid);
  }
  const organization = state.organizations.get(guid);
  if (organization) {
    recordOfOrganization(state, 'delete-request', organization);
    state.organizations.delete(guid);
  }
};
