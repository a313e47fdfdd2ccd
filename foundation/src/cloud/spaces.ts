import { deleteApp } from './apps';
import { notAuthorized, unprocessable } from './errors';
import { recordOfSpace, requested } from './events';
import { deleteBroker } from './marketplace';
import { mergeMetadata, NO_METADATA, type MetadataPatch } from './metadata';
import type { Access } from './permissions';
import { type Space, isSameName } from './records';
import { deleteRoute } from './route-bindings';
import { deleteServiceInstance } from './service-instances';
import { unshareInstance } from './service-sharing';
import type { State } from './state';

const requireFreeName = (state: State, name: string, organizationGuid: string, except?: string): void => {
  const taken = state.spaces.find(
    (other) => isSameName(other.name, name) && other.organizationGuid === organizationGuid && other.guid !== except,
  );
  if (taken) throw unprocessable(`Name must be unique per organization`);
};

export const createSpace = (
  state: State,
  command: { name: string; organizationGuid: string; metadata?: MetadataPatch | null },
  access: Access,
): Space => {
  const { organizationGuid } = command;
  if (!state.organizations.get(organizationGuid) || !access.inOrganization('organization:read', organizationGuid)) {
    throw unprocessable('Invalid organization. Ensure the organization exists and you have access to it.');
  }
  if (!access.inOrganization('space:create', organizationGuid)) throw notAuthorized();
  requireFreeName(state, command.name, organizationGuid);
  const space = state.spaces.put({
    ...state.stamp(),
    name: command.name,
    organizationGuid,
    sshAllowed: true,
    metadata: mergeMetadata(NO_METADATA, command.metadata),
  });
  recordOfSpace(state, 'create', space, requested({ name: command.name, metadata: command.metadata }));
  return space;
};

export const updateSpace = (
  state: State,
  space: Space,
  command: { name?: string; sshAllowed?: boolean; metadata?: MetadataPatch | null },
): Space => {
  const name = command.name ?? space.name;
  requireFreeName(state, name, space.organizationGuid, space.guid);
  recordOfSpace(state, 'update', { ...space, name }, requested({ name: command.name, metadata: command.metadata }));
  return state.spaces.put({
    ...space,
    updatedAt: state.now(),
    name,
    sshAllowed: command.sshAllowed ?? space.sshAllowed,
    metadata: mergeMetadata(space.metadata, command.metadata),
  });
};

/** Also deletes its applications, routes, services, and roles, and unbinds its security groups. */
export const deleteSpace = (state: State, guid: string): void => {
  for (const app of state.apps.where((candidate) => candidate.spaceGuid === guid)) deleteApp(state, app.guid);
  for (const route of state.routes.where((candidate) => candidate.spaceGuid === guid)) deleteRoute(state, route.guid);
  for (const instance of state.serviceInstances.where((candidate) => candidate.spaceGuid === guid)) {
    deleteServiceInstance(state, instance.guid);
  }
  for (const instance of state.serviceInstances.where(({ sharedSpaces }) => sharedSpaces?.includes(guid) ?? false)) {
    unshareInstance(state, instance, guid);
  }
  for (const broker of state.serviceBrokers.where((candidate) => candidate.spaceGuid === guid)) {
    deleteBroker(state, broker.guid);
  }
  for (const role of state.roles.where((candidate) => candidate.spaceGuid === guid)) state.roles.delete(role.guid);
  for (const group of state.securityGroups) {
    if (group.runningSpaces.includes(guid) || group.stagingSpaces.includes(guid)) {
      state.securityGroups.put({
        ...group,
        runningSpaces: group.runningSpaces.filter((bound) => bound !== guid),
        stagingSpaces: group.stagingSpaces.filter((bound) => bound !== guid),
      });
    }
  }
  const space = state.spaces.get(guid);
  if (space) {
    recordOfSpace(state, 'delete-request', space);
    state.spaces.delete(guid);
  }
};
