/** The permissions seen from outside: which answer each role gets from each endpoint. */
import { GLOBAL_SCOPES, grantedGlobally, GRANTS, readingOf, type Action, type GlobalRole } from '../cloud/permissions';
import { ORGANIZATION_ROLES, SPACE_ROLES, type RoleType } from '../cloud/records';
import type { Endpoint } from './endpoint';

export type Holder = GlobalRole | RoleType | 'no_role';

export const HOLDERS: readonly Holder[] = [
  ...(Object.keys(GLOBAL_SCOPES) as GlobalRole[]),
  'organization_manager',
  ...ORGANIZATION_ROLES.filter((role) => role !== 'organization_manager'),
  ...SPACE_ROLES,
  'no_role',
];

/** `filtered`: a list of only what the holder may read; a number: the status of the refusal. */
export type Outcome = 'allowed' | 'filtered' | 403 | 404 | 422;

/** A role in a space requires one in its organization. */
const rolesOf = (holder: Holder): readonly string[] =>
  (SPACE_ROLES as readonly string[]).includes(holder) ? [holder satisfies Holder, 'organization_user'] : [holder];

const may = (holder: Holder, action: Action): boolean => {
  const grant = GRANTS[action];
  return (
    typeof grant === 'string' ||
    (holder in GLOBAL_SCOPES && grantedGlobally(holder as GlobalRole, action)) ||
    rolesOf(holder).some((role) => (grant as readonly string[]).includes(role))
  );
};

/** Actions with a special rule for refusals. */
const REFUSALS: Readonly<Partial<Record<Action, (sees: boolean, method: Endpoint['method']) => Outcome>>> = {
  // Depends on whether the holder sees the space, even without seeing its brokers.
  'broker:write': (sees, method) => (sees ? 403 : method === 'DELETE' ? 404 : 422),
  // The policy server gives the same answer for a hidden application as for someone else's.
  'policy:write': () => 403,
  // The path names the group, which everyone sees; the body names the space.
  'security-group:bind': (sees) => (sees ? 403 : 422),
  'uaa:read': () => 403,
  'uaa:write': () => 403,
};

/** For objects that aren't created in a space: the action of reading the place where they are. */
const PLACES: Readonly<Partial<Record<Action, Action>>> = {
  'space:create': 'organization:read',
  'domain:write': 'organization:read',
  'organization:create': 'marketplace:read',
  'platform:write': 'marketplace:read',
  'security-group:write': 'marketplace:read',
  'isolation-segment:write': 'marketplace:read',
  'user:write': 'marketplace:read',
  'quota:write': 'marketplace:read',
  'space-quota:write': 'organization:read',
};

const refusal = ({ method, needs, path }: Endpoint, holder: Holder): Outcome => {
  const own = REFUSALS[needs];
  if (own) return own(may(holder, 'space:read'), method);
  // The path names the object, or, for copying a droplet, the query.
  if (path.includes(':') || path === '/v3/droplets') return may(holder, readingOf(needs)) ? 403 : 404;
  // The body names the place where the object is created.
  const place = PLACES[needs] ?? 'space:read';
  return may(holder, place) ? 403 : 422;
};

export const outcomeOf = (endpoint: Endpoint, holder: Holder): Outcome =>
  may(holder, endpoint.needs) ? 'allowed' : endpoint.filtered ? 'filtered' : refusal(endpoint, holder);
