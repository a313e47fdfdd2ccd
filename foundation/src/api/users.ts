import { endpointsOf } from './resource';
import { z } from 'zod';
import type { Cloud } from '../cloud/cloud';
import type { Access, Action } from '../cloud/permissions';
import type { Role, User } from '../cloud/records';
import { createUser } from '../cloud/users';
import { metadata } from '../cloud/metadata';
import { list, type Collection } from './collection';
import { type Call, type Endpoint } from './endpoint';
import { links, presentRow } from './present';
import { requireOrganization, requireSpace, requireVisible } from './lookup';

export const presentUser = (user: User, { base }: Pick<Call, 'base'>) => ({
  ...presentRow(user),
  username: user.username ?? null,
  presentation_name: user.username ?? user.guid,
  origin: user.origin ?? null,
  metadata: user.metadata,
  links: links(base, { self: `/v3/users/${user.guid}` }),
});

const createSchema = z.union([
  z.strictObject({ guid: z.string().min(1), metadata }),
  z.strictObject({ username: z.string().min(1), origin: z.string().min(1), metadata }),
]);

export const users = (cloud: Cloud): readonly Endpoint[] => {
  const { state } = cloud;
  /** Users see themselves and everyone with a role in one of their organizations. */
  const canRead = (access: Access, user: User): boolean =>
    access.everywhere('user:read') ||
    user.guid === access.actor.userGuid ||
    state.roles.find(({ userGuid, spaceGuid, organizationGuid }) => {
      const organization = organizationGuid ?? state.spaces.get(spaceGuid)?.organizationGuid;
      return (
        userGuid === user.guid && organization !== undefined && access.inOrganization('organization:read', organization)
      );
    }) !== undefined;
  const filters: Collection<User>['filters'] = { guids: 'guid', usernames: 'username', origins: 'origin' };
  const user = endpointsOf<User>(
    cloud,
    {
      path: '/v3/users',
      needs: 'user:read',
      rows: ({ access }) => state.users.where((row) => canRead(access, row)),
      filters,
      present: presentUser,
    },
    (call) => requireVisible(state.users, call, 'User', (row) => canRead(call.access, row)),
  );
  /** The users with a role in an organization or space. */
  const members = (path: string, needs: Action, isThere: (call: Call) => (role: Role) => boolean): Endpoint =>
    list({
      path,
      needs,
      rows: (call) => {
        const holders = new Set(state.roles.where(isThere(call)).map(({ userGuid }) => userGuid));
        return state.users.where(({ guid }) => holders.has(guid));
      },
      filters,
      present: presentUser,
    });
  return [
    members('/v3/organizations/:guid/users', 'organization:read', (call) => {
      const { guid } = requireOrganization(state, call);
      return ({ organizationGuid }) => organizationGuid === guid;
    }),
    members('/v3/spaces/:guid/users', 'space:read', (call) => {
      const { guid } = requireSpace(state, call);
      return ({ spaceGuid }) => spaceGuid === guid;
    }),
    user.list,
    user.read(),
    user.create('user:write', createSchema, createUser),
    user.relabel('user:write', state.users),
    user.remove('user:write', 'user.delete'),
  ];
};
