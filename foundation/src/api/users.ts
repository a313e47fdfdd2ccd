import { z } from 'zod';
import type { Cloud } from '../cloud/cloud';
import type { Access, Action } from '../cloud/permissions';
import type { Role, User } from '../cloud/records';
import { createUser, updateUser } from '../cloud/users';
import { parseBody } from './body';
import { metadata } from '../cloud/metadata';
import { list, type Collection } from './collection';
import { created, del, get, ok, patch, post, type Call, type Endpoint, links, presentRow } from './endpoint';
import { acceptJob } from './jobs';
import { found, requireOrganization, requireSpace } from './lookup';

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
const updateSchema = z.strictObject({ metadata });

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
  const find = (call: Call): User =>
    found(state.users.get(call.params['guid']), 'User', (user) => canRead(call.access, user));
  const filters: Collection<User>['filters'] = {
    guids: (row) => row.guid,
    usernames: (row) => row.username,
    origins: (row) => row.origin,
  };
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
    list({
      path: '/v3/users',
      needs: 'user:read',
      rows: ({ access }) => state.users.where((user) => canRead(access, user)),
      filters,
      present: presentUser,
    }),
    get('/v3/users/:guid', 'user:read', (call) => ok(presentUser(find(call), call))),
    post('/v3/users', 'user:write', (call) => {
      const command = parseBody(createSchema, call.text);
      const made = cloud.transact((after) => createUser(after, call.access, command));
      return created(presentUser(made, call));
    }),
    patch('/v3/users/:guid', 'user:write', (call) => {
      const user = find(call);
      call.access.require(call.needs);
      const command = parseBody(updateSchema, call.text);
      const changed = cloud.transact((after) => updateUser(after, call.access, user, command.metadata));
      return ok(presentUser(changed, call));
    }),
    del('/v3/users/:guid', 'user:write', (call) => {
      const { guid } = find(call);
      call.access.require(call.needs);
      return acceptJob(cloud, call, 'user.delete', { guid });
    }),
  ];
};
