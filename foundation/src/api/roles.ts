import { z } from 'zod';
import type { Cloud } from '../cloud/cloud';
import type { Access } from '../cloud/permissions';
import { ORGANIZATION_ROLES, SPACE_ROLES, type Role } from '../cloud/records';
import { createRole, requireRemovable } from '../cloud/roles';
import { one, parseBody } from './body';
import { list, type Collection, withIncluded } from './collection';
import { created, del, get, ok, post, type Call, type Endpoint, links, presentRow, toOne } from './endpoint';
import { acceptJob } from './jobs';
import { found } from './lookup';
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
const createSchema = z.union([
  z.strictObject({ type: z.enum(SPACE_ROLES), relationships: z.strictObject({ user, space: one }) }),
  z.strictObject({ type: z.enum(ORGANIZATION_ROLES), relationships: z.strictObject({ user, organization: one }) }),
]);

const distinct = (guids: readonly (string | undefined)[]): string[] => [
  ...new Set(guids.filter((guid) => guid !== undefined)),
];

export const roles = (cloud: Cloud): readonly Endpoint[] => {
  const { state } = cloud;
  const canRead = (access: Access, { spaceGuid, organizationGuid }: Role): boolean =>
    spaceGuid === undefined
      ? access.inOrganization('organization:read', organizationGuid ?? '')
      : access.inSpace('space:read', spaceGuid);
  const find = (call: Call): Role =>
    found(state.roles.get(call.params['guid']), 'Role', (role) => canRead(call.access, role));
  const collection: Collection<Role> = {
    path: '/v3/roles',
    needs: 'space:read',
    rows: ({ access }) => state.roles.where((role) => canRead(access, role)),
    filters: {
      guids: (row) => row.guid,
      types: (row) => row.type,
      user_guids: (row) => row.userGuid,
      space_guids: (row) => row.spaceGuid,
      organization_guids: (row) => row.organizationGuid,
    },
    includes: {
      user: (rows, call) => ({
        users: distinct(rows.map((row) => row.userGuid)).map((guid) => presentUser(state.users.expect(guid), call)),
      }),
      space: (rows, call) => ({
        spaces: distinct(rows.map((row) => row.spaceGuid)).map((guid) => presentSpace(state.spaces.expect(guid), call)),
      }),
      organization: (rows, call) => ({
        organizations: distinct(rows.map((row) => row.organizationGuid)).map((guid) =>
          presentOrganization(state.organizations.expect(guid), call),
        ),
      }),
    },
    present: presentRole,
  };
  return [
    list(collection),
    get('/v3/roles/:guid', 'space:read', (call) => ok(withIncluded(find(call), call, collection)), {
      query: ['include'],
    }),
    post('/v3/roles', 'space:grant', (call) => {
      const { type, relationships } = parseBody(createSchema, call.text);
      const command = {
        type,
        user: relationships.user.data,
        ...('space' in relationships
          ? { spaceGuid: relationships.space.data.guid }
          : { organizationGuid: relationships.organization.data.guid }),
      };
      const made = cloud.transact((after) => createRole(after, call.access, command));
      return created(presentRole(made, call));
    }),
    del('/v3/roles/:guid', 'space:grant', (call) => {
      const role = find(call);
      requireRemovable(state, call.access, role);
      return acceptJob(cloud, call, 'role.delete', { guid: role.guid });
    }),
  ];
};
