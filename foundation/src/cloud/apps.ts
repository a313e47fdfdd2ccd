import { requireBuildpacks } from './buildpacks';
import { removeDeployments, activeDeployment } from './deployments';
import { unprocessable } from './errors';
import { recordOfApp, requested } from './events';
import { mergeMetadata, NO_METADATA, type MetadataPatch } from './metadata';
import type { Access } from './permissions';
import { deletePoliciesOf } from './policies';
import { addProcess, desireContainers, processesOf, changeProcess } from './processes';
import { requireWithinQuota } from './quotas';
import { type App, type Lifecycle, isSameName, type Process, type Scale } from './records';
import { resolveRevision } from './revisions';
import { unmapApp } from './routes';
import type { State } from './state';
import { requireRoomForSidecars } from './sidecars';

const FORBIDDEN_VARIABLES: readonly (readonly [RegExp, string])[] = [
  [/^$/, 'key must be a minimum length of 1'],
  [/^VCAP_/i, 'cannot start with VCAP_'],
  // As on the platform, the pattern lacks the underscore that the message has.
  [/^VMC/i, 'cannot start with VMC_'],
  [/^PORT$/i, 'cannot set PORT'],
];

/** @param field the field of the variables, as the platform names it */
export const requireAllowedVariables = (field: string, names: readonly string[]): void => {
  for (const name of names) {
    const [, problem] = FORBIDDEN_VARIABLES.find(([pattern]) => pattern.test(name)) ?? [];
    if (problem !== undefined) throw unprocessable(`${field} ${problem}`);
  }
};

export const findApp = (state: State, spaceGuid: string, name: string): App | undefined =>
  state.apps.find((app) => app.spaceGuid === spaceGuid && isSameName(app.name, name));

export const requireFreeName = (state: State, name: string, spaceGuid: string, except?: string): void => {
  const other = findApp(state, spaceGuid, name);
  if (other && other.guid !== except) throw unprocessable(`App with the name '${name}' already exists.`);
};

/** Doesn't check permissions; the caller does. */
export const addApp = (
  state: State,
  command: {
    name: string;
    spaceGuid: string;
    lifecycle: Lifecycle;
    env?: Readonly<Record<string, string>>;
    metadata?: MetadataPatch | null;
  },
): App => {
  requireFreeName(state, command.name, command.spaceGuid);
  requireBuildpacks(command.lifecycle);
  const app = state.apps.put({
    ...state.stamp(),
    name: command.name,
    spaceGuid: command.spaceGuid,
    state: 'STOPPED',
    lifecycle: command.lifecycle,
    env: command.env ?? {},
    sshEnabled: true,
    revisionsEnabled: true,
    metadata: mergeMetadata(NO_METADATA, command.metadata),
  });
  const { name, lifecycle } = app;
  recordOfApp(state, 'create', app, requested({ name, lifecycle, environment_variables: command.env }));
  addProcess(state, app, 'web');
  return app;
};

export const createApp = (state: State, command: Parameters<typeof addApp>[1], access: Access): App => {
  access.requirePlace('app:write', command.spaceGuid);
  requireAllowedVariables('Environment variables', Object.keys(command.env ?? {}));
  return addApp(state, command);
};

const changedLifecycle = (app: App, lifecycle: Lifecycle): Lifecycle => {
  if (lifecycle.type !== app.lifecycle.type) {
    throw unprocessable(
      lifecycle.type === 'docker'
        ? 'Docker cannot be configured for a buildpack lifecycle app.'
        : 'Buildpacks cannot be configured for a docker lifecycle app.',
    );
  }
  requireBuildpacks(lifecycle);
  return lifecycle;
};

export const updateApp = (
  state: State,
  app: App,
  command: { name?: string; lifecycle?: Lifecycle; metadata?: MetadataPatch | null },
): App => {
  const name = command.name ?? app.name;
  requireFreeName(state, name, app.spaceGuid, app.guid);
  const after = state.apps.put({
    ...app,
    updatedAt: state.now(),
    name,
    lifecycle: command.lifecycle ? changedLifecycle(app, command.lifecycle) : app.lifecycle,
    metadata: mergeMetadata(app.metadata, command.metadata),
  });
  recordOfApp(state, 'update', after, requested({ ...command }));
  return after;
};

/** `null` removes a variable. Running instances keep their environment until the next start. */
export const updateVariables = (state: State, app: App, patch: Readonly<Record<string, string | null>>): App => {
  requireAllowedVariables('Var', Object.keys(patch));
  const env = Object.fromEntries(
    Object.entries({ ...app.env, ...patch }).filter((entry): entry is [string, string] => entry[1] !== null),
  );
  recordOfApp(state, 'update', app, requested({ environment_variables: patch }));
  return state.apps.put({ ...app, updatedAt: state.now(), env });
};

const startProcesses = (state: State, app: App, api: string): App => {
  const droplet = state.droplets.get(app.currentDropletGuid);
  if (!droplet) throw unprocessable('Assign a droplet before starting this app.');
  const revision = resolveRevision(state, app, droplet);
  for (const process of processesOf(state, app.guid)) {
    state.processes.put({ ...process, desired: desireContainers(state, app, process, revision, api) });
  }
  const started = state.apps.put({ ...app, updatedAt: state.now(), state: 'STARTED' });
  requireWithinQuota(state, started);
  return started;
};

/** Has no effect on a started application. */
export const startApp = (state: State, app: App, api: string): App => {
  if (app.state === 'STARTED') return app;
  const started = startProcesses(state, app, api);
  recordOfApp(state, 'start', app);
  return started;
};

/** Replaces every instance, with the current environment and droplet. */
export const restartApp = (state: State, app: App, api: string): App => {
  removeDeployments(state, app.guid, 'CANCELED');
  const started = startProcesses(state, app, api);
  recordOfApp(state, 'restart', app);
  return started;
};

export const stopApp = (state: State, app: App): App => {
  removeDeployments(state, app.guid, 'CANCELED');
  for (const process of processesOf(state, app.guid)) state.processes.put({ ...process, desired: undefined });
  recordOfApp(state, 'stop', app);
  return state.apps.put({ ...app, updatedAt: state.now(), state: 'STOPPED' });
};

/** Also deletes its processes, packages, bindings, policies, and route destinations. */
export const deleteApp = (state: State, guid: string): void => {
  const app = state.apps.get(guid);
  if (app) recordOfApp(state, 'delete-request', app);
  unmapApp(state, guid);
  deletePoliciesOf(state, guid);
  const owned = [
    state.processes,
    state.sidecars,
    state.serviceBindings,
    state.packages,
    state.builds,
    state.droplets,
    state.revisions,
    state.deployments,
    state.tasks,
  ] as const;
  for (const table of owned) {
    for (const row of table) {
      if (row.appGuid === guid) table.delete(row.guid);
    }
  }
  state.apps.delete(guid);
};

/** Changing memory or disk replaces the running instances. */
export const scaleProcess = (state: State, process: Process, scale: Scale, api: string): Process => {
  if (process.type === 'web' && activeDeployment(state, process.appGuid)) {
    throw unprocessable('Cannot scale this process while a deployment is in flight.');
  }
  const scaled = changeProcess(state, process, scale);
  requireRoomForSidecars(state, scaled);
  requireWithinQuota(state, state.apps.expect(process.appGuid));
  const { desired } = scaled;
  if (!desired || (scaled.memory === process.memory && scaled.disk === process.disk)) return scaled;
  const app = state.apps.expect(process.appGuid);
  const revision = state.revisions.expect(desired.revisionGuid);
  return state.processes.put({ ...scaled, desired: desireContainers(state, app, scaled, revision, api) });
};
