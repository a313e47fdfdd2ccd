/** Values that the platform's validations refuse, since whatever passes here must pass there. */
import { foundationForAll, pushImage, refusal, toOne } from '../../testing/harness';

const foundation = foundationForAll({ space: 'space' });
let app: string;

beforeAll(async () => {
  app = await pushImage(foundation.deployer, foundation.space, 'web');
});

type Place =
  'process' | 'scale' | 'task' | 'app' | 'new app' | 'variables' | 'space' | 'route' | 'user-provided service';

const place = async (where: Place): Promise<readonly [method: string, path: string, common?: object]> => {
  const inSpace = { relationships: { space: toOne(foundation.space) } };
  switch (where) {
    case 'process':
      return ['PATCH', `/v3/apps/${app}/processes/web`];
    case 'scale':
      return ['POST', `/v3/apps/${app}/processes/web/actions/scale`];
    case 'task':
      return ['POST', `/v3/apps/${app}/tasks`, { command: 'true' }];
    case 'app':
      return ['PATCH', `/v3/apps/${app}`];
    case 'new app':
      return ['POST', '/v3/apps', { name: 'new', ...inSpace }];
    case 'variables':
      return ['PATCH', `/v3/apps/${app}/environment_variables`];
    case 'space':
      return ['PATCH', `/v3/spaces/${foundation.space}`];
    case 'user-provided service':
      return ['POST', '/v3/service_instances', { type: 'user-provided', name: 'drain', ...inSpace }];
    case 'route': {
      const domain = toOne(await foundation.deployer.find('/v3/domains?names=apps.localhost'));
      return ['POST', '/v3/routes', { host: 'web', relationships: { space: toOne(foundation.space), domain } }];
    }
  }
};

const HOST = 'Host must be either "*" or contain only alphanumeric characters, "_", or "-"';
const COMMAND = 'Command must be between 1 and 4096 characters';
const long = (length: number): string => 'a'.repeat(length);
const check = (type: string, data: object) => ({ health_check: { type, data } });

test.each<[where: Place, body: object, says: string]>([
  ['space', { name: '' }, "Name can't be blank"],
  ['space', { name: long(256) }, 'Name is too long (maximum is 255 characters)'],
  ['app', { name: 'a\nb' }, 'Name must not contain escaped characters'],
  ['new app', { lifecycle: { type: 'buildpack', data: { stack: 'nope' } } }, 'Stack must be an existing stack'],
  ['new app', { lifecycle: { type: 'jar' } }, 'Lifecycle type is not included in the list: buildpack, docker'],
  ['new app', { environment_variables: { PORT: '1' } }, 'Environment variables cannot set PORT'],
  ['variables', { var: { '': 'a' } }, 'Var key must be a minimum length of 1'],
  ['variables', { var: { vcap_services: 'a' } }, 'Var cannot start with VCAP_'],
  ['variables', { var: { VMCONFIG: 'a' } }, 'Var cannot start with VMC_'],
  ['variables', { var: { A: 1 } }, "Non-string value in environment variable for key 'A', value '1'"],
  ['variables', { var: { A: ['b'] } }, `Non-string value in environment variable for key 'A', value '["b"]'`],
  ['scale', { instances: -1 }, 'Instances must be greater than or equal to 0'],
  ['scale', { memory_in_mb: 0 }, 'Memory in mb must be greater than 0'],
  ['scale', { disk_in_mb: 0 }, 'Disk in mb must be greater than 0'],
  [
    'scale',
    { log_rate_limit_in_bytes_per_second: -2 },
    'Log rate limit in bytes per second must be greater than or equal to -1',
  ],
  ['task', { memory_in_mb: 0 }, 'Memory in mb must be greater than 0'],
  ['process', { command: '' }, COMMAND],
  ['process', { command: long(4097) }, COMMAND],
  ['process', check('tcp', {}), 'Health check type must be "port", "process", or "http"'],
  ['process', check('port', { timeout: 0 }), 'Health check timeout must be greater than or equal to 1'],
  [
    'process',
    check('http', { invocation_timeout: 0 }),
    'Health check invocation timeout must be greater than or equal to 1',
  ],
  ['process', check('port', { interval: 0 }), 'Health check interval must be greater than or equal to 1'],
  [
    'process',
    check('port', { endpoint: '/a' }),
    'Health check type must be "http" to set a health check HTTP endpoint',
  ],
  ['route', { host: 'a b' }, HOST],
  ['route', { host: 'two.labels' }, HOST],
  ['route', { host: long(64) }, 'Host is too long (maximum is 63 characters)'],
  ['route', { path: 'a' }, 'Path must begin with /'],
  ['route', { path: '/' }, 'Path cannot be exactly /'],
  ['route', { path: '/a?b' }, 'Path cannot contain ?'],
  ['route', { path: `/${long(128)}` }, 'Path is too long (maximum is 128 characters)'],
  ['user-provided service', { syslog_drain_url: 'nowhere' }, 'Syslog drain url must be a valid URI'],
])('for a %s, %j is refused', async (where, body, says) => {
  const [method, path, common] = await place(where);
  expect(refusal(await foundation.deployer.send(method, path, { ...common, ...body }))).toEqual([422, says]);
});

test('a name of 255 characters, a command of 4,096, and a path of 128 are accepted', async () => {
  for (const [where, body] of [
    ['space', { name: long(255) }],
    ['process', { command: long(4096) }],
    ['route', { path: `/${long(127)}` }],
  ] as const) {
    const [method, path, common] = await place(where);
    expect((await foundation.deployer.send(method, path, { ...common, ...body })).status).toBeLessThan(300);
  }
});
