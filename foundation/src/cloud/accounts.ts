/**
 * The accounts that may get tokens: the part of UAA that the foundation needs.
 *
 * @see https://docs.cloudfoundry.org/api/uaa/
 */
import { type Credentials, hashPassword, verifyPassword } from './credentials';
import { GLOBAL_SCOPES } from './permissions';
import { NO_METADATA } from './metadata';
import type { Credential, User } from './records';
import type { State } from './state';

/** The scopes of every user's token. */
export const USER_SCOPES = [
  'openid',
  'uaa.user',
  'cloud_controller.read',
  'cloud_controller.write',
  'password.write',
  'network.write',
];
const ADMIN_SCOPES = [
  ...USER_SCOPES,
  'cloud_controller.admin',
  'network.admin',
  'uaa.admin',
  'scim.read',
  'scim.write',
];

/** All scopes, which UAA calls groups. */
export const SCOPES: readonly string[] = [...ADMIN_SCOPES, GLOBAL_SCOPES.admin_read_only, GLOBAL_SCOPES.global_auditor];

type Account = Pick<Credential, 'kind' | 'name' | 'scopes'> & { readonly password: string };

/** UAA's own origin, which has passwords; any other is an identity provider that this foundation knows by name only. */
export const UAA_ORIGIN = 'uaa';

export const originOf = ({ origin = UAA_ORIGIN }: Pick<Credential, 'origin'>): string => origin;

export const findCredential = (
  state: State,
  kind: Credential['kind'],
  name: string,
  origin = UAA_ORIGIN,
): Credential | undefined =>
  state.credentials.find(
    (credential) => credential.kind === kind && credential.name === name && originOf(credential) === origin,
  );

/** The hash to check for an unknown account, so that response times don't reveal which accounts exist. */
const NOBODY = `${'0'.repeat(32)}.${'0'.repeat(64)}`;

export const authenticate = async (
  state: State,
  kind: Credential['kind'],
  name: string,
  password: string,
): Promise<Credential | undefined> => {
  const credential = findCredential(state, kind, name);
  const valid = await verifyPassword(password, credential?.hash ?? NOBODY);
  return valid ? credential : undefined;
};

const accountsOf = ({ admin, deployer }: Credentials): readonly Account[] => [
  { kind: 'user', name: admin.username, password: admin.password, scopes: ADMIN_SCOPES },
  { kind: 'user', name: deployer.username, password: deployer.password, scopes: USER_SCOPES },
  // The cf CLI's client: public, with an empty secret by convention. It can't get a token for itself.
  { kind: 'client', name: 'cf', password: '', scopes: [] },
  { kind: 'client', name: 'admin-client', password: admin.password, scopes: ADMIN_SCOPES },
  { kind: 'client', name: 'deployer-client', password: deployer.password, scopes: USER_SCOPES },
];

/** A client is a user without a name, whose GUID is the client's ID. */
const userOf = (state: State, { guid, kind, name }: Credential): User => ({
  ...state.stamp(),
  guid,
  ...(kind === 'user' ? { username: name, origin: 'uaa' } : {}),
  metadata: NO_METADATA,
});

/** Prepares accounts from the credentials file; call the returned function in a transaction. */
export const prepareAccounts = async (state: State, credentials: Credentials): Promise<(state: State) => void> => {
  const changed: Credential[] = [];
  for (const { password, ...account } of accountsOf(credentials)) {
    const before = findCredential(state, account.kind, account.name);
    if (!before || !(await verifyPassword(password, before.hash))) {
      const guid = before?.guid ?? (account.kind === 'client' ? account.name : state.stamp().guid);
      changed.push({ ...state.stamp(), ...account, guid, hash: await hashPassword(password) });
    }
  }
  return (after) => {
    for (const credential of changed) {
      after.credentials.put(credential);
      if (!after.users.get(credential.guid) && credential.scopes.length > 0) after.users.put(userOf(after, credential));
    }
  };
};
