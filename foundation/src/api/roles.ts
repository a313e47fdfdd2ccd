import { endpointsOf } from './resource';
import { z } from 'zod';
import type { Cloud } from '../cloud/cloud';
import type { Access } from '../cloud/permissions';
import { ORGANIZATION_ROLES, SPACE_ROLES, type Role } from '../cloud/records';
import { createRole, requireRemovable } from '../cloud/roles';
import { one } from './body';
import { del, type Call, type Endpoint } from './endpoint';
import { links, presentRow, toOne } from './present';
import { acceptJob } from './jobs';
import { found, including } from './lookup';
import { presentOrganization } from './organizations';
import { presentSpace } from './spaces';
import { presentUser } from './users';

const presentRole = (role: Role, { base }: Pick<Call, 'base'>) => ({
  ...presentRow(role),
  type: role.type,
  relationships: {
    user: toOne(role.userGuid),
    organization: toOne(role.organizationGuid),
    space: toOne(role.spaceGuid),
  },
  links: links(base, {
    self: `/v3/roles/${role.guid}`,
    user: `/v3/users/${role.userGuid}`,
    ...(role.spaceGuid === undefined ? {} : { space: `/v3/spaces/${role.spaceGuid}` }),
    ...(role.organizationGuid === undefined ? {} : { organization: `/v3/organizations/${role.organizationGuid}` }),
  }),
});

const user = z.strictObject({
  data: z.union([
    z.strictObject({ guid: z.string() }),
    z.strictObject({ username: z.string(), origin: z.string().optional() }),
  ]),
});
const createSchema = z
  .union([
    z.strictObject({ type: z.enum(SPACE_ROLES), relationships: z.strictObject({ user, space: one }) }),
    z.strictObject({ type: z.enum(ORGANIZATION_ROLES), relationships: z.strictObject({ user, organization: one }) }),
  ])
  .transform(({ type, relationships }) => ({
    type,
    user: relationships.user.data,
    ...('space' in relationships
      ? { spaceGuid: relationships.space.data.guid }
      : { organizationGuid: relationships.organization.data.guid }),
  }));

export const roles = (cloud: Cloud): readonly Endpoint[] => {
  const { state } = cloud;
  const canRead = (access: Access, { spaceGuid, organizationGuid }: Role): boolean =>
    spaceGuid === undefined
      ? access.inOrganization('organization:read', organizationGuid ?? '')
      : access.inSpace('space:read', spaceGuid);
  const find = (call: Call): Role =>
    found(state.roles.get(call.params['guid']), 'Role', (role) => canRead(call.access, role));
  const role = endpointsOf<Role>(
    cloud,
    {
      path: '/v3/roles',
      needs: 'space:read',
      rows: ({ access }) => state.roles.where((row) => canRead(access, row)),
      filters: {
        guids: 'guid',
        types: 'type',
        user_guids: 'userGuid',
        space_guids: 'spaceGuid',
        organization_guids: 'organizationGuid',
      },
      includes: {
        user: including('users', (row) => row.userGuid, state.users, presentUser),
        space: including('spaces', (row) => row.spaceGuid, state.spaces, presentSpace),
        organization: including(
          'organizations',
          (row) => row.organizationGuid,
          state.organizations,
          presentOrganization,
        ),
      },
      present: presentRole,
    },
    find,
  );
  return [
    role.list,
    role.read(),
    role.create('space:grant', createSchema, createRole),
    del('/v3/roles/:guid', 'space:grant', (call) => {
      const { guid } = find(call);
      requireRemovable(state, call.access, state.roles.expect(guid));
      return acceptJob(cloud, call, 'role.delete', { guid });
    }),
  ];
};
