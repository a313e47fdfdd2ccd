/** Who gets which answer: the table of permissions, seen from outside. */
import {
  ANYBODY,
  GLOBAL_SCOPES,
  grantedGlobally,
  GRANTS,
  readingOf,
  type Action,
  type GlobalRole,
} from '../cloud/permissions';
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

/** `allowed`; `filtered`: a list, without what the holder may not read; or the status of the refusal. */
export type Outcome = 'allowed' | 'filtered' | 403 | 404 | 422;

/** Nobody has a role in a space who has none in its organization. */
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

/** What is refused by an own rule: by what the action is about. */
const REFUSALS: Readonly<Partial<Record<Action, (sees: boolean, method: Endpoint['method']) => Outcome>>> = {
  // Who sees the space is told so, even who does not see its brokers.
  'broker:write': (sees, method) => (sees ? 403 : method === 'DELETE' ? 404 : 422),
  // The policy server doesn't tell an application that is hidden from one that isn't one's own.
  'policy:write': () => 403,
  // The group is in the path, and everybody sees it; the space is in the body.
  'security-group:bind': (sees) => (sees ? 403 : 422),
  'uaa:read': () => 403,
  'uaa:write': () => 403,
};

/** Where things are made that are not made in a space; what is in no place at all can't be hidden. */
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
  if (own) {
    return own(may(holder, 'space:read'), method);
  }
  // What the call is about is in the path, or, of a droplet that is only ever copied here, in the query.
  if (path.includes(':') || path === '/v3/droplets') {
    return may(holder, readingOf(needs)) ? 403 : 404;
  }
  // What is made is made in a place that the body names.
  const place = PLACES[needs] ?? 'space:read';
  return may(holder, place) ? 403 : 422;
};

export const outcomeOf = (endpoint: Endpoint, holder: Holder): Outcome =>
  may(holder, endpoint.needs) ? 'allowed' : endpoint.filtered ? 'filtered' : refusal(endpoint, holder);

const HEADINGS: Readonly<Record<Holder, string>> = {
  admin: 'admin',
  admin_read_only: 'read-only admin',
  global_auditor: 'global auditor',
  organization_manager: 'org manager',
  organization_user: 'org user',
  organization_auditor: 'org auditor',
  organization_billing_manager: 'org billing manager',
  space_auditor: 'space auditor',
  space_developer: 'space developer',
  space_manager: 'space manager',
  space_supporter: 'space supporter',
  no_role: 'no role',
};

const SIGNS: Readonly<Record<Outcome, string>> = { allowed: 'yes', filtered: '-', 403: '403', 404: '404', 422: '422' };

const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

/** The page of the documentation; it is made from the endpoints, so that it can't be wrong about them. */
export const rolePage = (endpoints: readonly Endpoint[]): string => {
  const notes = endpoints.filter(({ note }) => note !== undefined);
  const open = endpoints.filter(({ needs }) => GRANTS[needs] === ANYBODY);
  const closed = endpoints.filter(({ needs }) => GRANTS[needs] !== ANYBODY);
  return [
    '# Who may do what on the local foundation',
    '',
    'Made from the foundation by `npx tsx foundation/testing/role-page.ts`; each cell is asked for by a test. `yes`: done. `-`: an empty',
    'list. `403`: seen, and not allowed. `404`: not seen, which is answered as if it were not there. `422`: made in a place',
    'that is not seen. A role in a space is one of a member of its organization (`org user`). Objects are in a space where',
    'the role is held; one that is held elsewhere counts as `no role`.',
    '',
    row(['call', 'needs', ...HOLDERS.map((holder) => HEADINGS[holder])]),
    row(['---', '---', ...HOLDERS.map(() => '---')]),
    ...closed.map((endpoint) =>
      row([
        `\`${endpoint.method} ${endpoint.path}\``,
        endpoint.needs,
        ...HOLDERS.map((holder) => SIGNS[outcomeOf(endpoint, holder)]),
      ]),
    ),
    '',
    ...notes.map(({ method, path, note = '' }) => `- \`${method} ${path}\`: ${note}`),
    '',
    `Without a token: ${open.map(({ method, path }) => `\`${method} ${path}\``).join(', ')}.`,
    '',
  ].join('\n');
};
