import {
  GLOBAL_SCOPES,
  grantedGlobally,
  GRANTS,
  readingOf,
  type Action,
  type GlobalRole,
  ANYBODY,
  EVERYBODY,
} from '../src/cloud/permissions';
import { ORGANIZATION_ROLES, SPACE_ROLES, type RoleType } from '../src/cloud/records';
import type { Endpoint } from '../src/api/endpoint';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { resources } from '../src/api/resources';
import { MemoryCell } from '../src/cell/memory-cell';
import { systemClock } from '../src/cloud/clock';
import { Cloud } from '../src/cloud/cloud';
import { ensureTokenKey, Tokens } from '../src/cloud/tokens';
import { NO_BUCKET_SERVER } from '../src/internet/bucket-server';
import { S3Broker } from '../src/internet/s3-broker';
import { MemoryStore } from '../src/store/store';

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

export const ROLE_PAGE = join(__dirname, '..', 'docs', 'roles.md');

const code = (text: string): string => `\`${text}\``;

/** Who may perform an endpoint's action, besides admins. */
const permittedBy = (endpoint: Endpoint): string => {
  if (GRANTS[endpoint.needs] === EVERYBODY) return 'everyone with a token';
  const permitted = HOLDERS.filter((holder) => holder !== 'admin' && outcomeOf(endpoint, holder) === 'allowed');
  return permitted.map(code).join(', ') || 'nobody else';
};

/** The values by their keys, in the order in which the keys first appear. */
const grouped = <T>(items: readonly T[], keyOf: (item: T) => string, valueOf: (item: T) => string) => {
  const groups = new Map<string, Set<string>>();
  for (const item of items) {
    const key = keyOf(item);
    groups.set(key, (groups.get(key) ?? new Set()).add(valueOf(item)));
  }
  return [...groups].map(([key, values]) => [key, [...values].join(', ')] as const);
};

const callOf = ({ method, path }: Endpoint): string => code(`${method} ${path}`);

/** The page, generated from the endpoints, so it can't disagree with them. */
const rolePage = (endpoints: readonly Endpoint[]): string => {
  const open = endpoints.filter(({ needs }) => GRANTS[needs] === ANYBODY);
  const closed = endpoints.filter(({ needs }) => GRANTS[needs] !== ANYBODY);
  const notes = endpoints.filter(({ note }) => note !== undefined);
  return [
    '# Roles and permissions on the local foundation',
    '',
    'Generated by `npx tsx foundation/testing/role-page.ts` from the endpoints in `src/api`, each of which names its action.',
    '[roles.test.ts](../__tests__/api/roles.test.ts) calls every endpoint with every role.',
    '',
    'For egress: only admins create and change security groups, managers bind them to spaces, and developers write network',
    'policies. So a developer can connect two applications, but cannot open a space to the internet.',
    '',
    '| who, besides admins | may |',
    '| --- | --- |',
    ...grouped(closed, permittedBy, ({ needs }) => code(needs)).map(([who, actions]) => `| ${who} | ${actions} |`),
    '',
    'Holders of a role in a space are also members of its organization (`organization_user`). For objects in other spaces',
    'and organizations, a role counts for nothing. Lists contain only what the caller may read. A refusal is:',
    '',
    '- 403 if the caller sees the object, but may not do this,',
    '- 404 if not, as for an object that does not exist,',
    '- 422 if the request would create an object in a place that the caller does not see.',
    '',
    'UAA and the policy API always answer 403.',
    '',
    'Where the action alone does not say it:',
    '',
    ...grouped(notes, ({ note = '' }) => note, callOf).map(([note, calls]) => `- ${calls}: ${note}`),
    '',
    `Without a token: ${open.map(callOf).join(', ')}.`,
    '',
  ].join('\n');
};

/** Generates the page from a foundation that is not started. */
export const makeRolePage = async (): Promise<string> => {
  const dataDir = mkdtempSync(join(tmpdir(), 'role-page-'));
  const cloud = new Cloud({
    store: new MemoryStore(),
    cell: new MemoryCell(),
    broker: new S3Broker(NO_BUCKET_SERVER),
    connect: () => {
      throw new Error('no broker is registered');
    },
    clock: systemClock,
    dataDir,
    api: '',
    onFailure: console.error,
  });
  try {
    cloud.transact(ensureTokenKey);
    return rolePage(resources(cloud, new Tokens(cloud.state, '')));
  } finally {
    await cloud.close();
    rmSync(dataDir, { recursive: true });
  }
};

if (require.main === module) void makeRolePage().then((page) => writeFileSync(ROLE_PAGE, page));
