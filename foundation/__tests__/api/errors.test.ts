/** Bad requests of each kind, with the code, title, and message of the platform's answer. */
import {
  foundationForAll,
  makeRoute,
  makeService,
  makeSpace,
  pushImage,
  refusal,
  toOne,
  type Json,
} from '../../testing/harness';

const UNKNOWN = '00000000-0000-4000-8000-000000000000';

const foundation = foundationForAll({ space: 'one' });
let app: string;
let other: string;

beforeAll(async () => {
  const { deployer, space } = foundation;
  other = await makeSpace(deployer, 'two');
  app = await pushImage(deployer, space, 'web');
  await makeService(deployer, space, 'creds');
});

type Fault = readonly [status: number, code: number, title: string];
type Case = [what: string, path: string | (() => string), fault: Fault, detail: string, body?: () => unknown];

const INVALID: Fault = [422, 10008, 'CF-UnprocessableEntity'];
const BAD_QUERY: Fault = [400, 10005, 'CF-BadQueryParameter'];

const notFound = (what: string, path: string, thing: string): Case => [
  what,
  `${path}/${UNKNOWN}`,
  [404, 10010, 'CF-ResourceNotFound'],
  `${thing} not found`,
];

const invalid = (what: string, path: Case[1], body: () => unknown, detail: string): Case => [
  what,
  path,
  INVALID,
  detail,
  body,
];

const route = async (host: string, path?: string, domain = 'apps.internal') => ({
  host,
  ...(path === undefined ? {} : { path }),
  relationships: {
    space: toOne(foundation.space),
    domain: toOne(await foundation.deployer.find(`/v3/domains?names=${domain}`)),
  },
});

const CASES: Case[] = [
  ['an unknown path', '/v3/nonsense', [404, 10000, 'CF-NotFound'], 'Unknown request'],
  [
    'an unknown query parameter',
    '/v3/stacks?color=red',
    BAD_QUERY,
    "The query parameter is invalid: Unknown query parameter(s): 'color'. " +
      "Valid parameters are: 'page', 'per_page', 'order_by', 'label_selector', 'names', 'default'",
  ],
  [
    'a page that is no number',
    '/v3/apps?page=x',
    BAD_QUERY,
    'The query parameter is invalid: page must be a positive integer',
  ],
  [
    'an order that there is not',
    '/v3/apps?order_by=color',
    BAD_QUERY,
    "The query parameter is invalid: Order by can only be: 'created_at', 'updated_at', 'name', 'state'",
  ],
  [
    'a body that is no JSON',
    '/v3/spaces',
    [400, 1001, 'CF-MessageParseError'],
    'Request invalid due to parse error: invalid request body',
    () => '{',
  ],
  [
    'what only an admin may do',
    '/v3/security_groups',
    [403, 10003, 'CF-NotAuthorized'],
    'You are not authorized to perform the requested action',
    () => ({ name: 'mine' }),
  ],
  notFound('a space that there is not', '/v3/spaces', 'Space'),
  notFound('an app that there is not', '/v3/apps', 'App'),
  notFound('a route that there is not', '/v3/routes', 'Route'),
  notFound('a security group that there is not', '/v3/security_groups', 'Security group'),
  notFound('a job that there is not', '/v3/jobs', 'Job'),
  notFound('a service instance that there is not', '/v3/service_instances', 'Service instance'),
  invalid('a space without an organization', '/v3/spaces', () => ({ name: 'x' }), "Relationships can't be blank"),
  invalid(
    'a field that there is not',
    '/v3/spaces',
    () => ({ name: 'x', color: 'red', relationships: { organization: toOne(UNKNOWN) } }),
    "Unknown field(s): 'color'",
  ),
  invalid(
    'a wildcard as an internal host',
    '/v3/routes',
    () => route('*'),
    'Wildcard hosts are not supported for internal domains.',
  ),
  invalid(
    'a path of an internal route',
    '/v3/routes',
    () => route('x', '/p'),
    'Paths are not supported for internal domains.',
  ),
  invalid(
    'a route without a host in a shared domain',
    '/v3/routes',
    () => route('', undefined, 'apps.localhost'),
    'Missing host. Routes in shared domains must have a host defined.',
  ),
  invalid(
    'the name of a service instance that is taken',
    '/v3/service_instances',
    () => ({ type: 'user-provided', name: 'creds', relationships: { space: toOne(foundation.space) } }),
    'The service instance name is taken: creds.',
  ),
  invalid(
    'a plan that there is not',
    '/v3/service_instances',
    () => ({
      type: 'managed',
      name: 'm',
      relationships: { space: toOne(foundation.space), service_plan: toOne(UNKNOWN) },
    }),
    'Invalid service plan. Ensure that the service plan exists, is available, and you have access to it.',
  ),
  invalid(
    'a key of a user-provided service',
    '/v3/service_credential_bindings',
    async () => ({
      type: 'key',
      name: 'k',
      relationships: { service_instance: toOne(await foundation.deployer.find('/v3/service_instances?names=creds')) },
    }),
    "Service credential bindings of type 'key' are not supported for user-provided service instances.",
  ),
  invalid(
    'a group bound to a space that there is not',
    () =>
      `/v3/security_groups/${foundation.service.cloud.state.securityGroups.find(() => true)?.guid ?? ''}/relationships/running_spaces`,
    () => ({ data: [{ guid: UNKNOWN }] }),
    `Spaces with guids ["${UNKNOWN}"] do not exist, or you do not have access to them.`,
  ),
  invalid(
    'a variable of the system',
    () => `/v3/apps/${app}/environment_variables`,
    () => ({ var: { VCAP_SERVICES: '{}' } }),
    'Var cannot start with VCAP_',
  ),
];

test.each(CASES)(
  '%s is refused as on the platform',
  async (_what, target, [status, code, title], detail, ...[body]) => {
    const path = typeof target === 'string' ? target : target();
    const method = body === undefined ? 'GET' : path.endsWith('environment_variables') ? 'PATCH' : 'POST';
    const reply = await foundation.deployer.send(method, path, await body?.());
    expect([reply.status, reply.body]).toEqual([status, { errors: [{ code, title, detail }] }]);
  },
);

test('creating a route twice is refused with its name', async () => {
  const { deployer } = foundation;
  await deployer.create('/v3/routes', await route('taken'));
  expect(refusal(await deployer.post('/v3/routes', await route('TAKEN')))).toEqual([
    422,
    "Route already exists with host 'TAKEN' for domain 'apps.internal'.",
  ]);
});

test('a destination in another space is refused', async () => {
  const { deployer } = foundation;
  const guid = await makeRoute(deployer, other, 'far', 'apps.internal');
  const destinations = [{ app: { guid: app } }];
  expect(refusal(await deployer.patch(`/v3/routes/${guid}/destinations`, { destinations }))).toEqual([
    422,
    'Routes cannot be mapped to destinations in different spaces',
  ]);
});

test.each([
  ['without a token', undefined, 10002, 'CF-NotAuthenticated'],
  ['with one that is not ours', 'bearer e30.e30.e30', 1000, 'CF-InvalidAuthToken'],
])('nobody is authenticated %s', async (_how, authorization, code, title) => {
  const response = await fetch(`${foundation.service.url}/v3/apps`, {
    headers: authorization === undefined ? {} : { Authorization: authorization },
  });
  const { errors } = (await response.json()) as { errors: Json[] };
  expect({ status: response.status, code: errors[0]?.['code'], title: errors[0]?.['title'] }).toEqual({
    status: 401,
    code,
    title,
  });
});

test('a body that exceeds the limit is refused with 413', async () => {
  const { status, body } = await foundation.deployer.send('POST', '/v3/spaces', 'x'.repeat(9 * 1024 * 1024));
  expect(status).toBe(413);
  expect((body['errors'] as Json[])[0]?.['title']).toBe('CF-RequestEntityTooLarge');
});
