import { unprocessable } from './errors';
import { mergeMetadata, NO_METADATA, type MetadataPatch } from './metadata';
import type { Access } from './permissions';
import type { User } from './records';
import type { State } from './state';

/** `guid` names a user that UAA has already; a name makes one known to the cloud controller only. */
export const createUser = (
  state: State,
  access: Access,
  command: { guid?: string; username?: string; origin?: string; metadata?: MetadataPatch | null },
): User => {
  access.require('user:write');
  const credential = state.credentials.get(command.guid);
  const guid = command.guid;
  if (guid !== undefined && state.users.get(guid)) {
    throw unprocessable(`User with guid '${guid}' already exists.`);
  }
  const { username, origin } = command;
  if (username !== undefined && state.users.find((user) => user.username === username && user.origin === origin)) {
    throw unprocessable(`User with username '${username}' and origin '${origin ?? ''}' already exists.`);
  }
  return state.users.put({
    ...state.stamp(),
    ...(guid === undefined ? {} : { guid }),
    username: username ?? credential?.name,
    origin: origin ?? (credential ? 'uaa' : undefined),
    metadata: mergeMetadata(NO_METADATA, command.metadata),
  });
};

export const updateUser = (state: State, access: Access, user: User, metadata?: MetadataPatch | null): User => {
  access.require('user:write');
  return state.users.put({ ...user, updatedAt: state.now(), metadata: mergeMetadata(user.metadata, metadata) });
};

/** The roles go too; what UAA knows stays. */
export const deleteUser = (state: State, guid: string): void => {
  for (const role of state.roles.where((candidate) => candidate.userGuid === guid)) {
    state.roles.delete(role.guid);
  }
  state.users.delete(guid);
};
