import { originOf } from './accounts';
import { unprocessable } from './errors';
import { mergeMetadata, NO_METADATA, type MetadataPatch } from './metadata';
import type { Credential, User } from './records';
import type { State } from './state';

/** A GUID refers to a user who exists in UAA; a user name creates one in the Cloud Controller only. */
export const createUser = (
  state: State,
  command: { guid?: string; username?: string; origin?: string; metadata?: MetadataPatch | null },
): User => {
  const credential = state.credentials.get(command.guid);
  const guid = command.guid;
  if (guid !== undefined && state.users.get(guid)) throw unprocessable(`User with guid '${guid}' already exists.`);
  const { username, origin } = command;
  if (username !== undefined && state.users.find((user) => user.username === username && user.origin === origin)) {
    throw unprocessable(`User with username '${username}' and origin '${origin ?? ''}' already exists.`);
  }
  return state.users.put({
    ...state.stamp(),
    ...(guid === undefined ? {} : { guid }),
    username: username ?? credential?.name,
    origin: origin ?? (credential ? originOf(credential) : undefined),
    metadata: mergeMetadata(NO_METADATA, command.metadata),
  });
};

/** Also finds users who exist in UAA only, and adds them to the Cloud Controller. */
export const findUserByName = (state: State, username: string, origin?: string): User => {
  const isMeant = (name: string | undefined, from: string | undefined): boolean =>
    name === username && (origin === undefined || from === origin);
  const known = state.users.where((user) => isMeant(user.username, user.origin));
  const others = state.credentials.where(
    (row) => row.kind === 'user' && isMeant(row.name, originOf(row)) && !state.users.get(row.guid),
  );
  const origins = [...known.map((user) => user.origin), ...others.map(originOf)];
  if (origins.length > 1) {
    throw unprocessable(
      `Ambiguous user. User with username '${username}' exists in the following origins: ${origins.join(', ')}. ` +
        'Specify an origin to disambiguate.',
    );
  }
  const [account] = others;
  if (account) {
    const { guid } = account;
    return state.users.put({ ...state.stamp(), guid, username, origin: originOf(account), metadata: NO_METADATA });
  }
  const [user] = known;
  if (!user) {
    throw unprocessable(
      `No user exists with the username '${username}'${origin === undefined ? '' : ` and origin '${origin}'`}.`,
    );
  }
  return user;
};

/** Copies changes of a UAA account to the user. */
export const followAccount = (state: State, { guid, name, origin }: Credential): void => {
  const user = state.users.get(guid);
  if (user) state.users.put({ ...user, updatedAt: state.now(), username: name, origin: originOf({ origin }) });
};

/** Also deletes the user's roles, but not the UAA account. */
export const deleteUser = (state: State, guid: string): void => {
  for (const role of state.roles.where((candidate) => candidate.userGuid === guid)) state.roles.delete(role.guid);
  state.users.delete(guid);
};
