/**
 * Applies a manifest. It adds and changes, but removes nothing, except routes with `no-route`.
 *
 * @see https://v3-apidocs.cloudfoundry.org/#apply-a-manifest-to-a-space
 */
import { randomInt } from 'node:crypto';
import { addApp, findApp, requireAllowedVariables, updateApp, updateVariables } from './apps';
import { DEFAULT_STACK } from './buildpacks';
import { activeDeployment } from './deployments';
import { CloudError, unprocessable } from './errors';
import { recordOfApp } from './events';
import type { ManifestApplication, ManifestProcess } from './manifest-document';
import { addProcess, changeProcess, currentProcess } from './processes';
import type { App, Lifecycle } from './records';
import { ownProperty } from '../own-property';
import { addDestinations, addRoute, findRoute, splitRoute, unmapApp } from './routes';
import { addBinding } from './service-bindings';
import { spacesOf } from './service-instances';
import { applySidecar } from './sidecars';
import type { State } from './state';

const ADJECTIVES = 'amber brisk calm clever early fair keen lucky mellow quiet sunny wise'.split(' ');
const NOUNS = 'badger cedar falcon harbor heron lynx maple meadow otter puffin river wolf'.split(' ');
const LETTERS = 'abcdefghijklmnopqrstuvwxyz'.split('');

const oneOf = (words: readonly string[]): string => words[randomInt(words.length)] ?? '';

/** The end of a random route in the platform's format, such as `calm-otter-qx`. */
const randomWords = (): string => `${oneOf(ADJECTIVES)}-${oneOf(NOUNS)}-${oneOf(LETTERS)}${oneOf(LETTERS)}`;

const lifecycleOf = (application: ManifestApplication, before?: Lifecycle): Lifecycle => {
  if (application.docker) return { type: 'docker' };
  const kept = before?.type === 'buildpack' ? before : { buildpacks: [], stack: DEFAULT_STACK };
  return {
    type: 'buildpack',
    buildpacks: application.buildpacks ?? kept.buildpacks,
    stack: application.stack ?? kept.stack,
  };
};

/** A manifest that doesn't mention the lifecycle leaves it as it is. */
const changesLifecycle = ({ docker, buildpacks, stack }: ManifestApplication): boolean =>
  docker || buildpacks !== undefined || stack !== undefined;

const named = <T>(application: ManifestApplication, work: () => T): T => {
  try {
    return work();
  } catch (error) {
    if (error instanceof CloudError) {
      const { status, code, title, message } = error;
      throw new CloudError(status, code, title, `For application '${application.name}': ${message}`);
    }
    throw error;
  }
};

/** Runs before the job: creates missing applications, adopts existing ones by name, or refuses the request. */
export const prepareManifest = (
  state: State,
  spaceGuid: string,
  applications: readonly ManifestApplication[],
): void => {
  for (const application of applications) {
    named(application, () => {
      requireAllowedVariables('Env', Object.keys(application.env));
      const app = findApp(state, spaceGuid, application.name);
      if (!app) {
        addApp(state, { name: application.name, spaceGuid, lifecycle: lifecycleOf(application) });
      } else if (changesLifecycle(application)) {
        updateApp(state, app, { lifecycle: lifecycleOf(application, app.lifecycle) });
      }
    });
  }
};

const applyProcess = (state: State, app: App, { type, ...command }: ManifestProcess): void => {
  const process = currentProcess(state, app.guid, type) ?? addProcess(state, app, type);
  const deployment = type === 'web' ? activeDeployment(state, app.guid) : undefined;
  if (deployment) {
    // The deployment decides how many instances there are now; the manifest sets the number at its end.
    if (command.instances !== undefined) {
      const scale = { ...deployment.scale, instances: undefined };
      state.deployments.put({ ...deployment, instances: command.instances, scale });
    }
    changeProcess(state, process, { ...command, instances: undefined });
  } else {
    changeProcess(state, process, command);
  }
};

const FEATURES: Readonly<Record<string, 'sshEnabled' | 'revisionsEnabled'>> = {
  ssh: 'sshEnabled',
  revisions: 'revisionsEnabled',
};

const applyFeatures = (state: State, app: App, features: Readonly<Record<string, boolean>>): void => {
  for (const [name, enabled] of Object.entries(features)) {
    const field = ownProperty(FEATURES, name);
    if (field) state.apps.put({ ...state.apps.expect(app.guid), [field]: enabled });
    else if (enabled) throw unprocessable(`This foundation does not support the feature '${name}'`);
  }
};

const mapRoute = (state: State, app: App, text: string): void => {
  const target = splitRoute(state, text);
  if (!target) throw unprocessable(`No domains exist for route ${text}`);
  const { domain, host, path } = target;
  const route =
    findRoute(state, domain, host, path) ?? addRoute(state, { spaceGuid: app.spaceGuid, domain, host, path });
  if (!route.destinations.some(({ appGuid, processType }) => appGuid === app.guid && processType === 'web')) {
    addDestinations(state, route, [{ appGuid: app.guid, processType: 'web' }]);
  }
};

const applyRoutes = (state: State, app: App, application: ManifestApplication): void => {
  if (application.noRoute) {
    unmapApp(state, app.guid);
    return;
  }
  for (const route of application.routes) mapRoute(state, app, route);
  const mapped = state.routes.find(({ destinations }) => destinations.some(({ appGuid }) => appGuid === app.guid));
  if (mapped || !(application.randomRoute || application.defaultRoute)) return;
  const domain = state.domains.find(({ internal, organizationGuid }) => !internal && organizationGuid === undefined);
  if (domain) {
    const suffix = application.randomRoute ? `-${randomWords()}` : '';
    const host = `${app.name.toLowerCase().replace(/[^a-z0-9-]+/g, '-')}${suffix}`;
    mapRoute(state, app, `${host}.${domain.name}`);
  }
};

const applyServices = (state: State, app: App, services: ManifestApplication['services']): void => {
  for (const { name, bindingName, parameters } of services) {
    const instance = state.serviceInstances.find(
      (other) => other.name === name && spacesOf(other).includes(app.spaceGuid),
    );
    if (!instance) throw new CloudError(404, 10010, 'CF-ResourceNotFound', `Service instance '${name}' not found`);
    const bound = state.serviceBindings.find(
      (binding) => binding.appGuid === app.guid && binding.serviceInstanceGuid === instance.guid,
    );
    if (!bound || bound.lastOperation.state === 'failed') {
      try {
        const command = { serviceInstanceGuid: instance.guid, appGuid: app.guid, name: bindingName, parameters };
        addBinding(state, instance, { type: 'app', ...command });
      } catch (error) {
        throw error instanceof CloudError ? unprocessable(`For service '${name}': ${error.message}`) : error;
      }
    }
  }
};

/** Runs in the job, in the platform's order. */
export const applyManifest = (state: State, spaceGuid: string, applications: readonly ManifestApplication[]): void => {
  for (const application of applications) {
    named(application, () => {
      const app = findApp(state, spaceGuid, application.name);
      if (!app) throw unprocessable('App not found');
      recordOfApp(state, 'apply_manifest', app);
      applyFeatures(state, app, application.features);
      for (const process of application.processes) applyProcess(state, app, process);
      for (const sidecar of application.sidecars ?? []) applySidecar(state, app, sidecar);
      if (application.metadata) updateApp(state, state.apps.expect(app.guid), { metadata: application.metadata });
      applyRoutes(state, app, application);
      if (Object.keys(application.env).length > 0) updateVariables(state, state.apps.expect(app.guid), application.env);
      applyServices(state, app, application.services);
    });
  }
};
