/**
 * Audit events, and the lines that the platform writes to an application's log for them.
 *
 * @see https://docs.cloudfoundry.org/running/managing-cf/audit-events.html
 * @see https://docs.cloudfoundry.org/devguide/deploy-apps/streaming-logs.html#api
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import type {
  EventParty,
  App,
  AuditEvent,
  Instance,
  Organization,
  Role,
  Route,
  ServiceBinding,
  ServiceInstance,
  Space,
} from './records';
import type { State } from './state';
import { ownProperty } from '../own-property';

const acting = new AsyncLocalStorage<EventParty>();

/** The actor of whatever the foundation does by itself. */
const NOBODY: EventParty = { guid: '', type: 'system', name: 'system' };

/** The user, for events, on whose behalf the current code and everything it starts runs. */
export const actor = (): EventParty => acting.getStore() ?? NOBODY;

export const actingAs = <T>(state: State, userGuid: string | undefined, work: () => T): T =>
  userGuid === undefined
    ? work()
    : acting.run({ guid: userGuid, type: 'user', name: state.users.get(userGuid)?.username ?? '' }, work);

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

type Line = (event: AuditEvent) => string;

const appAfter =
  (words: string): Line =>
  ({ target }) =>
    `${words} ${target.guid}`;
const updated: Line = ({ target, data }) => `Updated app with guid ${target.guid} (${inRuby(data['request'])})`;
const processAfter =
  (words: string): Line =>
  ({ data }) =>
    `${words}: "${String(data['process_type'])}"`;

/** Log lines by type of audit event; other types have none. */
const LINES: Readonly<Record<string, Line>> = {
  'audit.app.create': appAfter('Created app with guid'),
  'audit.app.update': updated,
  'audit.app.droplet.mapped': updated,
  'audit.app.apply_manifest': appAfter('Applied manifest to app with guid'),
  'audit.app.start': appAfter('Starting app with guid'),
  'audit.app.restart': appAfter('Restarted app with guid'),
  'audit.app.stop': appAfter('Stopping app with guid'),
  'audit.app.package.create': appAfter('Adding app package for app with guid'),
  'audit.app.package.upload': appAfter('Uploading app package for app with guid'),
  'audit.app.package.delete': appAfter('Deleting app package for app with guid'),
  'audit.app.build.create': appAfter('Creating build for app with guid'),
  'audit.app.droplet.create': appAfter('Creating droplet for app with guid'),
  'audit.app.revision.create': appAfter('Creating revision for app with guid'),
  'audit.app.deployment.create': appAfter('Creating deployment for app with guid'),
  'audit.app.deployment.cancel': appAfter('Cancelling deployment for app with guid'),
  'audit.app.process.create': processAfter('Added process'),
  'audit.app.process.scale': processAfter('Scaling process'),
  'audit.app.process.update': processAfter('Updating process'),
  'audit.app.process.terminate_instance': ({ data }) =>
    `Terminating process: "${String(data['process_type'])}", index: "${String(data['process_index'])}"`,
  'audit.app.process.crash': ({ actor }) => `Process has crashed with type: "${actor.name}"`,
  'app.crash': ({ target, data }) => `App instance exited with guid ${target.guid} payload: ${inRuby(data)}`,
};

/** The application's GUID and the line; `undefined` for an event that isn't logged. */
export const logLineOf = (event: AuditEvent): { readonly appGuid: string; readonly message: string } | undefined => {
  const line = ownProperty(LINES, event.type);
  return line && { appGuid: event.target.guid, message: line(event) };
};

/** Prints a value as Ruby does, like the platform: scripts look for this format. */
const inRuby = (value: unknown): string => {
  if (value === undefined || value === null) return 'nil';
  if (Array.isArray(value)) return `[${value.map(inRuby).join(', ')}]`;
  if (typeof value !== 'object') return JSON.stringify(value);
  const pairs = Object.entries(value).filter(([, each]) => each !== undefined);
  return `{${pairs.map(([name, each]) => `${JSON.stringify(name)}=>${inRuby(each)}`).join(', ')}}`;
};
