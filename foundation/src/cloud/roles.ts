import { notAuthorized, unprocessable } from './errors';
import { recordOfRole } from './events';
import type { Access } from './permissions';
import { SPACE_ROLES, type Role, type RoleType, type SpaceRole, type User } from './records';
import type { State } from './state';
import { findUserByName } from './users';

export interface RoleCommand {
  readonly type: RoleType;
  readonly user: { readonly guid: string } | { readonly username: string; readonly origin?: string };
  readonly spaceGuid?: string;
  readonly organizationGuid?: string;
}

export const isSpaceRole = (type: RoleType): type is SpaceRole => (SPACE_ROLES as readonly string[]).includes(type);

const organizationRoles = (state: State, userGuid: string, organizationGuid: string): Role[] =>
  state.roles.where((role) => role.userGuid === userGuid && role.organizationGuid === organizationGuid);

const findUser = (state: State, user: RoleCommand['user']): User => {
  if ('guid' in user) {
    const found = state.users.get(user.guid);
    if (!found) throw unprocessable('Invalid user. Ensure that the user exists and you have access to it.');
    return found;
  }
  return findUserByName(state, user.username, user.origin);
};

/**
 * A role in a space requires a role in its organization.
 *
 * @see https://v3-apidocs.cloudfoundry.org/#create-a-role
 */
export const createRole = (state: State, command: RoleCommand, access: Access): Role => {
  const { type, spaceGuid, organizationGuid } = command;
  const base = state.stamp();
  if (isSpaceRole(type)) {
    const space = access.requirePlace('space:grant', spaceGuid);
    const user = findUser(state, command.user);
    if (organizationRoles(state, user.guid, space.organizationGuid).length === 0) {
      throw unprocessable(
        "Users cannot be assigned roles in a space if they do not have a role in that space's organization.",
      );
    }
    if (state.roles.find((r) => r.userGuid === user.guid && r.spaceGuid === space.guid && r.type === type)) {
      throw unprocessable(`User '${user.username ?? user.guid}' already has '${type}' role in space '${space.name}'.`);
    }
    const role = state.roles.put({ ...base, type, userGuid: user.guid, spaceGuid: space.guid });
    recordOfRole(state, 'add', role);
    return role;
  }
  const organization = state.organizations.get(organizationGuid);
  if (!organization || !access.inOrganization('organization:read', organization.guid)) {
    throw unprocessable('Invalid organization. Ensure that the organization exists and you have access to it.');
  }
  if (!access.inOrganization('organization:grant', organization.guid)) throw notAuthorized();
  const user = findUser(state, command.user);
  if (organizationRoles(state, user.guid, organization.guid).some((role) => role.type === type)) {
    throw unprocessable(
      `User '${user.username ?? user.guid}' already has '${type}' role in organization '${organization.name}'.`,
    );
  }
  const role = state.roles.put({ ...base, type, userGuid: user.guid, organizationGuid: organization.guid });
  recordOfRole(state, 'add', role);
  return role;
};

/** A user's last role in an organization can't be deleted while the user has a role in one of its spaces. */
export const requireRemovable = (state: State, access: Access, role: Role): void => {
  const { spaceGuid, organizationGuid } = role;
  if (spaceGuid !== undefined) {
    access.requireInSpace('space:grant', spaceGuid, 'Role');
    return;
  }
  if (organizationGuid === undefined) return;
  access.requireInOrganization('organization:grant', organizationGuid, 'Role');
  const inSpaces = state.roles.find(
    (other) =>
      other.userGuid === role.userGuid && state.spaces.get(other.spaceGuid)?.organizationGuid === organizationGuid,
  );
  const last = organizationRoles(state, role.userGuid, organizationGuid).length === 1;
  if (inSpaces && last) {
    throw unprocessable('Cannot delete organization_user role while user has roles in spaces in that organization.');
  }
};

export const deleteRole = (state: State, guid: string): void => {
  const role = state.roles.get(guid);
  if (role) {
    recordOfRole(state, 'remove', role);
    state.roles.delete(guid);
  }
};
