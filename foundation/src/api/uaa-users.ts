/**
 * Accounts and their groups. A group's name is the scope that its members' tokens get.
 *
 * @see https://docs.cloudfoundry.org/api/uaa/version/77.0.0/index.html#users
 */
import { z } from 'zod';
import { findCredential, originOf, SCOPES, UAA_ORIGIN, USER_SCOPES } from '../cloud/accounts';
import type { Cloud } from '../cloud/cloud';
import { hashPassword, verifyPassword } from '../cloud/credentials';
import type { Credential, UserProfile } from '../cloud/records';
import { followAccount } from '../cloud/users';
import { ownProperty } from '../own-property';
import { readJson } from './body';
import { created, del, get, guidOf, ok, post, put, type Call, type Endpoint } from './endpoint';
import { UaaError } from './uaa';

const SCHEMAS = ['urn:scim:schemas:core:1.0'];

const presentUser = ({ guid, name, origin, profile, createdAt, updatedAt, scopes }: Credential) => ({
  id: guid,
  userName: name,
  name: { givenName: profile?.givenName, familyName: profile?.familyName },
  origin: originOf({ origin }),
  active: true,
  verified: true,
  zoneId: 'uaa',
  emails: [{ value: profile?.email ?? name, primary: true }],
  groups: scopes.map((scope) => ({ value: scope, display: scope, type: 'DIRECT' })),
  meta: { version: 0, created: createdAt, lastModified: updatedAt },
  schemas: SCHEMAS,
});

const page = (resources: readonly object[]) => ({
  resources,
  startIndex: 1,
  itemsPerPage: 100,
  totalResults: resources.length,
  schemas: SCHEMAS,
});

const requireScope = ({ access }: Call, scope: 'scim.read' | 'scim.write' | 'uaa.admin'): void => {
  if (!access.actor.scopes.some((held) => held === 'uaa.admin' || held === scope)) {
    throw new UaaError(403, 'insufficient_scope', 'Insufficient scope for this resource');
  }
};

type Attributes<T> = Readonly<Record<string, (row: T) => string>>;

/** The subset of the filter language that clients use: `userName eq "NAME"`, and several of these joined by `and`. */
const filterOf = <T>(call: Call, attributes: Attributes<T>): ((row: T) => boolean) => {
  const filter = call.query['filter'];
  const comparisons = (filter === undefined ? [] : filter.split(/\s+and\s+/i)).map((comparison) => {
    const [, name, wanted] = /^\(?(\w+)\s+eq\s+["']([^"']*)["']\)?$/i.exec(comparison.trim()) ?? [];
    const known = Object.keys(attributes).find((attribute) => attribute.toLowerCase() === name?.toLowerCase());
    const valueOf = ownProperty(attributes, known ?? '');
    if (!valueOf || wanted === undefined) {
      const examples = Object.keys(attributes).map((attribute) => `${attribute} eq "..."`);
      throw new UaaError(
        400,
        'scim',
        `Invalid filter expression: [${filter ?? ''}]; this foundation supports ${examples.join(', ')}, joined by "and"`,
      );
    }
    return (row: T): boolean => valueOf(row).toLowerCase() === wanted.toLowerCase();
  });
  return (row) => comparisons.every((holds) => holds(row));
};

const USER_ATTRIBUTES: Attributes<Credential> = {
  userName: ({ name }) => name,
  origin: originOf,
  id: ({ guid }) => guid,
};

/** An empty origin, which the cf CLI sends, means UAA itself. */
const givenOrigin = ({ origin = '' }: { readonly origin?: string }): string => (origin === '' ? UAA_ORIGIN : origin);

const text = z.string().min(1).max(255);
const part = z.string().max(255).optional();
const userSchema = z.object({
  userName: text,
  password: part,
  origin: part,
  name: z.object({ givenName: part, familyName: part }).nullish(),
  emails: z.array(z.object({ value: text })).nullish(),
});
const passwordSchema = z.object({ oldPassword: part, password: text });
const memberSchema = z.object({ value: z.string() });

const parse = <T>(schema: z.ZodType<T>, call: Call): T => {
  const parsed = schema.safeParse(readJson(call.text));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new UaaError(400, 'invalid_scim_resource', `${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`);
  }
  return parsed.data;
};

const profileOf = ({ name, emails }: z.output<typeof userSchema>): UserProfile => ({
  email: emails?.[0]?.value,
  givenName: name?.givenName,
  familyName: name?.familyName,
});

export const uaaUsers = (cloud: Cloud): readonly Endpoint[] => {
  const { state } = cloud;
  const find = (guid: string): Credential => {
    const user = state.credentials.get(guid);
    if (user?.kind !== 'user') throw new UaaError(404, 'scim_resource_not_found', `User ${guid} does not exist`);
    return user;
  };
  const requireGroup = (call: Call): string => {
    const group = guidOf(call);
    if (!SCOPES.includes(group)) throw new UaaError(404, 'scim_resource_not_found', `Group ${group} does not exist`);
    return group;
  };
  const setScopes = (user: Credential, scopes: readonly string[]): void => {
    cloud.transact((after) => after.credentials.put({ ...user, updatedAt: after.now(), scopes }));
  };
  return [
    get(
      '/uaa/Users',
      'uaa:read',
      (call) => {
        requireScope(call, 'scim.read');
        const isWanted = filterOf(call, USER_ATTRIBUTES);
        const users = state.credentials.where((row) => row.kind === 'user' && isWanted(row));
        return ok(page(users.map(presentUser)));
      },
      { query: ['filter', 'count', 'startIndex', 'attributes', 'sortBy', 'sortOrder'] },
    ),
    get('/uaa/Users/:guid', 'uaa:read', (call) => {
      requireScope(call, 'scim.read');
      return ok(presentUser(find(guidOf(call))));
    }),
    post('/uaa/Users', 'uaa:write', async (call) => {
      requireScope(call, 'scim.write');
      const given = parse(userSchema, call);
      const { userName, password = '' } = given;
      const origin = givenOrigin(given);
      const hash = await hashPassword(password);
      const user = cloud.transact((after) => {
        if (findCredential(after, 'user', userName, origin)) {
          throw new UaaError(409, 'scim_resource_already_exists', `Username already in use: ${userName}`);
        }
        const made = { ...after.stamp(), kind: 'user', name: userName, origin, hash, scopes: USER_SCOPES } as const;
        return after.credentials.put({ ...made, profile: profileOf(given) });
      });
      return created(presentUser(user));
    }),
    put('/uaa/Users/:guid', 'uaa:write', (call) => {
      requireScope(call, 'scim.write');
      const user = find(guidOf(call));
      const given = parse(userSchema, call);
      const after = cloud.transact((next) => {
        const origin = given.origin === undefined ? originOf(user) : givenOrigin(given);
        const other = findCredential(next, 'user', given.userName, origin);
        if (other && other.guid !== user.guid) {
          throw new UaaError(409, 'scim_resource_already_exists', `Username already in use: ${given.userName}`);
        }
        const changed = next.credentials.put({
          ...user,
          updatedAt: next.now(),
          name: given.userName,
          origin,
          profile: profileOf(given),
        });
        followAccount(next, changed);
        return changed;
      });
      return ok(presentUser(after));
    }),
    put(
      '/uaa/Users/:guid/password',
      'uaa:write',
      async (call) => {
        const { userGuid, scopes } = call.access.actor;
        const isOwn = guidOf(call) === userGuid && scopes.includes('password.write');
        if (!isOwn) requireScope(call, 'uaa.admin');
        const { guid, hash: before } = find(guidOf(call));
        const { password, oldPassword = '' } = parse(passwordSchema, call);
        if (isOwn && !(await verifyPassword(oldPassword, before))) {
          throw new UaaError(401, 'unauthorized', 'Old password is incorrect');
        }
        const hash = await hashPassword(password);
        cloud.transact((after) => after.credentials.put({ ...find(guid), updatedAt: after.now(), hash }));
        return ok({ status: 'ok', message: 'password updated' });
      },
      { note: 'your own, if you know the old one' },
    ),
    del('/uaa/Users/:guid', 'uaa:write', (call) => {
      requireScope(call, 'scim.write');
      const user = find(guidOf(call));
      cloud.transact((after) => after.credentials.delete(user.guid));
      return ok(presentUser(user));
    }),
    get(
      '/uaa/Groups',
      'uaa:read',
      (call) => {
        requireScope(call, 'scim.read');
        const groups = SCOPES.filter(filterOf(call, { displayName: (scope: string) => scope }));
        return ok(page(groups.map((scope) => ({ id: scope, displayName: scope, schemas: SCHEMAS }))));
      },
      { query: ['filter', 'count', 'startIndex', 'attributes', 'sortBy', 'sortOrder'] },
    ),
    post('/uaa/Groups/:guid/members', 'uaa:write', (call) => {
      requireScope(call, 'scim.write');
      const group = requireGroup(call);
      const user = find(parse(memberSchema, call).value);
      setScopes(user, [...new Set([...user.scopes, group])]);
      return created({ value: user.guid, type: 'USER', origin: 'uaa' });
    }),
    del('/uaa/Groups/:guid/members/:user', 'uaa:write', (call) => {
      requireScope(call, 'scim.write');
      const group = requireGroup(call);
      const user = find(guidOf(call, 'user'));
      setScopes(
        user,
        user.scopes.filter((scope) => scope !== group),
      );
      return ok({ value: user.guid, type: 'USER', origin: 'uaa' });
    }),
  ];
};
