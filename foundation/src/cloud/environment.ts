/**
 * The environment of an instance. As on the platform, it is assembled when the application starts, so later changes of
 * variables and bindings reach the containers at the next start.
 *
 * @see https://docs.cloudfoundry.org/devguide/deploy-apps/environment-variable.html
 */
import type { InstanceSpec } from '../cell/cell';
import type { App, DesiredContainers, Process, ServiceBinding } from './records';
import { urlOf } from './routes';
import type { State } from './state';

const FILE_DESCRIPTORS = 16384;
const DATABASE_SCHEMES = /^(mysql2?|postgres(ql)?|db2|informix):/;

const BUILDPACK_ENV: Readonly<Record<string, string>> = {
  HOME: '/home/vcap/app',
  TMPDIR: '/home/vcap/tmp',
  DEPS_DIR: '/home/vcap/deps',
  USER: 'vcap',
  LANG: 'en_US.UTF-8',
  VCAP_APP_HOST: '0.0.0.0',
};

const serviceOf = (state: State, binding: ServiceBinding) => {
  const instance = state.serviceInstances.expect(binding.serviceInstanceGuid);
  const plan = state.servicePlans.get(instance.planGuid);
  const offering = state.serviceOfferings.get(plan?.offeringGuid);
  const label = offering?.name ?? 'user-provided';
  return {
    label,
    ...(plan ? { provider: null, plan: plan.name } : {}),
    name: binding.name ?? instance.name,
    tags: [...(offering?.tags ?? []), ...instance.tags],
    instance_guid: instance.guid,
    instance_name: instance.name,
    binding_guid: binding.guid,
    binding_name: binding.name,
    credentials: binding.credentials,
    syslog_drain_url: binding.syslogDrainUrl ?? instance.syslogDrainUrl,
    volume_mounts: [],
  };
};

export type BoundService = ReturnType<typeof serviceOf>;

/** The content of VCAP_SERVICES: bound services by the label of their offering. */
export const boundServices = (state: State, appGuid: string): Record<string, BoundService[]> => {
  const services: Record<string, BoundService[]> = {};
  for (const binding of state.serviceBindings.ofApp(appGuid)) {
    // The broker has not created the binding yet, or failed to.
    if (binding.lastOperation.type === 'create' && binding.lastOperation.state !== 'succeeded') continue;
    const service = serviceOf(state, binding);
    (services[service.label] ??= []).push(service);
  }
  return services;
};

export interface Application {
  readonly [field: string]: unknown;
  readonly limits: { readonly fds: number; readonly mem?: number; readonly disk?: number };
}

/** The content of VCAP_APPLICATION, without the fields of a single instance. */
export const describeApplication = (state: State, app: App, api: string, process?: Process): Application => {
  const space = state.spaces.expect(app.spaceGuid);
  const organization = state.organizations.expect(space.organizationGuid);
  const uris = state.routes
    .where((route) => route.destinations.some((destination) => destination.appGuid === app.guid))
    .map((route) => urlOf(state, route));
  const version = process?.desired?.version ?? process?.guid;
  return {
    cf_api: api,
    limits: { fds: FILE_DESCRIPTORS, ...(process ? { mem: process.memory, disk: process.disk } : {}) },
    application_name: app.name,
    application_uris: uris,
    name: app.name,
    space_name: space.name,
    space_id: space.guid,
    organization_id: organization.guid,
    organization_name: organization.name,
    uris,
    users: null,
    application_id: app.guid,
    ...(process ? { process_id: process.guid, process_type: process.type, version, application_version: version } : {}),
  };
};

const databaseUrl = (services: Readonly<Record<string, BoundService[]>>): Record<string, string> => {
  for (const { credentials } of Object.values(services).flat()) {
    const { uri } = credentials;
    if (typeof uri === 'string' && DATABASE_SCHEMES.test(uri)) {
      return { DATABASE_URL: uri.replace(/^mysql:/, 'mysql2:').replace(/^postgresql:/, 'postgres:') };
    }
  }
  return {};
};

/** The environment of a task: that of a process, but without a port. */
export const taskEnvironment = (
  state: State,
  app: App,
  api: string,
  { memory, disk }: { readonly memory: number; readonly disk: number },
): Record<string, string> => {
  const services = boundServices(state, app.guid);
  const limits = { fds: FILE_DESCRIPTORS, mem: memory, disk };
  return {
    ...(app.lifecycle.type === 'buildpack' ? BUILDPACK_ENV : {}),
    ...databaseUrl(services),
    ...app.env,
    MEMORY_LIMIT: `${memory}m`,
    VCAP_APPLICATION: JSON.stringify({ ...describeApplication(state, app, api), limits }),
    VCAP_SERVICES: JSON.stringify(services),
  };
};

/** The environment that all instances of a process share. System variables override the application's own. */
export const runningEnvironment = (
  state: State,
  app: App,
  process: Process,
  api: string,
  ports: readonly number[],
  memory: number,
): Record<string, string> => {
  const services = boundServices(state, app.guid);
  const buildpack = app.lifecycle.type === 'buildpack';
  const port = String(ports[0] ?? '');
  return {
    ...(buildpack ? BUILDPACK_ENV : {}),
    ...databaseUrl(services),
    ...app.env,
    ...(buildpack ? { VCAP_APP_PORT: port } : {}),
    MEMORY_LIMIT: `${memory}m`,
    VCAP_APPLICATION: JSON.stringify(describeApplication(state, app, api, process)),
    VCAP_SERVICES: JSON.stringify(services),
    ...(port === '' ? {} : { PORT: port }),
  };
};

/** As on the platform, staging gets the application's own variables, so proxy variables break its downloads. */
export const stagingEnvironment = (state: State, app: App, api: string, memory: number): Record<string, string> => ({
  LANG: 'en_US.UTF-8',
  ...app.env,
  CF_STACK: app.lifecycle.type === 'buildpack' ? app.lifecycle.stack : '',
  MEMORY_LIMIT: `${memory}m`,
  VCAP_APPLICATION: JSON.stringify(describeApplication(state, app, api)),
  VCAP_SERVICES: JSON.stringify(boundServices(state, app.guid)),
});

/** The variables that the launcher adds for one instance. */
export const instanceEnvironment = (
  desired: DesiredContainers,
  instanceGuid: string,
  index: number,
): InstanceSpec['env'] => {
  const application = JSON.parse(desired.env['VCAP_APPLICATION'] ?? '{}') as object;
  const own = { instance_id: instanceGuid, instance_index: index, host: '0.0.0.0', port: desired.ports[0] };
  return {
    ...desired.env,
    VCAP_APPLICATION: JSON.stringify({ ...application, ...own }),
    CF_INSTANCE_GUID: instanceGuid,
    INSTANCE_GUID: instanceGuid,
    CF_INSTANCE_INDEX: String(index),
    INSTANCE_INDEX: String(index),
  };
};
