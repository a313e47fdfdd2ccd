/** @see https://docs.cloudfoundry.org/running/managing-cf/audit-events.html */
import { actor } from './acting';
import type {
  App,
  AuditEvent,
  EventParty,
  Instance,
  Organization,
  Role,
  Route,
  ServiceBinding,
  ServiceInstance,
  Space,
} from './records';
import type { State } from './state';

/** The platform keeps events for 31 days; here an application that keeps crashing must not fill the store. */
const MAX_EVENTS = 5000;

/** Replaces values that may be secret. */
const HIDDEN = '[PRIVATE DATA HIDDEN]';
const SECRET: readonly string[] = ['environment_variables', 'credentials', 'command'];

type Data = Readonly<Record<string, unknown>>;
type Happening = Pick<AuditEvent, 'type' | 'target' | 'data' | 'spaceGuid' | 'organizationGuid'>;

const record = (state: State, by: EventParty, happening: Happening): void => {
  for (const { guid } of state.events) {
    if (state.events.size < MAX_EVENTS) break;
    state.events.delete(guid);
  }
  state.events.put({ ...state.stamp(), actor: by, ...happening });
};

/** Records an event in a space, unless the space is gone, since then nobody could read it. */
export const recordInSpace = (
  state: State,
  type: string,
  spaceGuid: string,
  target: EventParty,
  data: Data = {},
  by = actor(),
): void => {
  const space = state.spaces.get(spaceGuid);
  if (space) record(state, by, { type, target, data, spaceGuid, organizationGuid: space.organizationGuid });
};

export const recordOfOrganization = (
  state: State,
  what: string,
  { guid, name }: Organization,
  data: Data = {},
): void => {
  const target = { guid, type: 'organization', name };
  record(state, actor(), { type: `audit.organization.${what}`, target, data, organizationGuid: guid });
};

export const recordOfSpace = (state: State, what: string, { guid, name }: Space, data: Data = {}): void =>
  recordInSpace(state, `audit.space.${what}`, guid, { guid, type: 'space', name }, data);

/** @param what the end of the event's type: `create` for `audit.app.create` */
export const recordOfApp = (
  state: State,
  what: string,
  { guid, name, spaceGuid }: Pick<App, 'guid' | 'name' | 'spaceGuid'>,
  data: Data = {},
): void => recordInSpace(state, `audit.app.${what}`, spaceGuid, { guid, type: 'app', name }, data);

/** Records an event about a part of an application, such as a package. */
export const recordOfPart = (state: State, what: string, { appGuid }: { appGuid: string }, data: Data): void => {
  const app = state.apps.get(appGuid);
  if (app) recordOfApp(state, what, app, data);
};

export const recordOfRoute = (state: State, what: string, { guid, host, spaceGuid }: Route, data: Data = {}): void =>
  recordInSpace(state, `audit.route.${what}`, spaceGuid, { guid, type: 'route', name: host }, data);

export const recordOfService = (
  state: State,
  what: string,
  { guid, name, type, spaceGuid }: ServiceInstance,
  data: Data = {},
): void => {
  const kind = type === 'managed' ? 'service_instance' : 'user_provided_service_instance';
  recordInSpace(state, `audit.${kind}.${what}`, spaceGuid, { guid, type: kind, name }, data);
};

/** Records an event about a binding, in the application's space, or about a key, in the instance's. */
export const recordOfBinding = (
  state: State,
  what: string,
  { guid, type, name, appGuid, serviceInstanceGuid }: ServiceBinding,
): void => {
  const kind = type === 'app' ? 'service_binding' : 'service_key';
  const spaceGuid = (state.apps.get(appGuid) ?? state.serviceInstances.get(serviceInstanceGuid))?.spaceGuid ?? '';
  const data = requested({ type, name, service_instance_guid: serviceInstanceGuid, app_guid: appGuid });
  recordInSpace(state, `audit.${kind}.${what}`, spaceGuid, { guid, type: kind, name: name ?? '' }, data);
};

/** Records an event such as `audit.user.space_developer_add`. */
export const recordOfRole = (state: State, what: 'add' | 'remove', role: Role): void => {
  const { type, userGuid, spaceGuid, organizationGuid } = role;
  const target = { guid: userGuid, type: 'user', name: state.users.get(userGuid)?.username ?? '' };
  const event = `audit.user.${type}_${what}`;
  if (spaceGuid !== undefined) recordInSpace(state, event, spaceGuid, target);
  else if (organizationGuid !== undefined) record(state, actor(), { type: event, target, data: {}, organizationGuid });
};

/** The requested fields, with possible secrets hidden. */
export const requested = (fields: Data): { readonly request: Data } => ({
  request: Object.fromEntries(
    Object.entries(fields).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, SECRET.includes(name) ? HIDDEN : value]],
    ),
  ),
});

export interface Crash {
  readonly reason: string;
  /** The number of crashes of this instance, including this one. */
  readonly count: number;
}

/** Records that an instance has exited by itself: an event of the process, and the older one of the application. */
export const recordCrash = (state: State, instance: Instance, { reason, count }: Crash): void => {
  const { guid, version, spec } = instance;
  const data = {
    instance: guid,
    index: spec.index,
    reason: 'CRASHED',
    exit_description: reason,
    crash_count: count,
    // Nanoseconds, which lose digits as a number, as on the platform.
    crash_timestamp: state.clock.now() * 1e6,
    version,
  };
  const app = { guid: spec.appGuid, type: 'app', name: spec.appName };
  recordInSpace(state, 'app.crash', spec.spaceGuid, app, data, app);
  recordOfInstance(state, instance, 'crash', data);
};

const recordOfInstance = (state: State, { spec }: Instance, what: string, data: Data): void => {
  const process = { guid: spec.processGuid, type: 'process', name: spec.processType };
  const app = { guid: spec.appGuid, type: 'app', name: spec.appName };
  recordInSpace(state, `audit.app.process.${what}`, spec.spaceGuid, app, data, process);
};

/** Records a change of an instance's readiness. */
export const recordReadiness = (state: State, instance: Instance, ready: boolean): void => {
  const { guid, version, spec } = instance;
  recordOfInstance(state, instance, ready ? 'ready' : 'not-ready', { instance: guid, index: spec.index, version });
};
