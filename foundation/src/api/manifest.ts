import { stringify } from 'yaml';
import { printBytes } from '../cloud/megabytes';
import { latestPackage } from '../cloud/packages';
import { currentProcesses } from '../cloud/processes';
import type { App, Process, Sidecar } from '../cloud/records';
import { urlOf } from '../cloud/routes';
import { sidecarsOf } from '../cloud/sidecars';
import type { State } from '../cloud/state';

const presentProcess = (process: Process) => ({
  type: process.type,
  instances: process.instances,
  memory: `${process.memory}M`,
  disk_quota: `${process.disk}M`,
  'log-rate-limit-per-second': process.logRateLimit < 0 ? process.logRateLimit : printBytes(process.logRateLimit),
  command: process.command,
  timeout: process.healthCheck.timeout,
  'health-check-type': process.healthCheck.type,
  'health-check-http-endpoint': process.healthCheck.endpoint,
  'health-check-invocation-timeout': process.healthCheck.invocationTimeout,
  'health-check-interval': process.healthCheck.interval,
  'readiness-health-check-type': process.readinessHealthCheck.type,
  'readiness-health-check-http-endpoint': process.readinessHealthCheck.endpoint,
  'readiness-health-check-invocation-timeout': process.readinessHealthCheck.invocationTimeout,
  'readiness-health-check-interval': process.readinessHealthCheck.interval,
});

const presentSidecar = ({ name, command, processTypes, memory }: Sidecar) => ({
  name,
  process_types: processTypes,
  command,
  memory: memory === undefined ? undefined : `${memory}M`,
});

/** Leaves out empty sections. */
const some = <T extends object>(content: T): T | undefined => (Object.keys(content).length > 0 ? content : undefined);

const lifecycleFields = (state: State, { guid, lifecycle }: App) => {
  if (lifecycle.type === 'buildpack') return { buildpacks: some(lifecycle.buildpacks), stack: lifecycle.stack };
  const { image, username } = latestPackage(state, guid) ?? {};
  return { docker: image === undefined ? undefined : { image, username } };
};

/**
 * The manifest that would create the application.
 *
 * @see https://v3-apidocs.cloudfoundry.org/#generate-a-manifest-for-an-app
 */
export const presentManifest = (state: State, app: App): string => {
  const services = state.serviceBindings
    .where(({ appGuid }) => appGuid === app.guid)
    .map(({ serviceInstanceGuid }) => state.serviceInstances.expect(serviceInstanceGuid).name)
    .sort();
  const routes = state.routes
    .where(({ destinations }) => destinations.some(({ appGuid }) => appGuid === app.guid))
    .map((route) => urlOf(state, route))
    .sort()
    .map((route) => ({ route, protocol: 'http1', options: {} }));
  const { labels, annotations } = app.metadata;
  const application = {
    name: app.name,
    env: some(app.env),
    lifecycle: app.lifecycle.type,
    ...lifecycleFields(state, app),
    features: {
      ssh: app.sshEnabled,
      revisions: app.revisionsEnabled,
      'service-binding-k8s': false,
      'file-based-vcap-services': false,
    },
    services: some(services),
    routes: some(routes),
    metadata: some({
      ...(some(labels) ? { labels } : {}),
      ...(some(annotations) ? { annotations } : {}),
    }),
    processes: currentProcesses(state, app.guid).map(presentProcess),
    sidecars: some(sidecarsOf(state, app.guid).map(presentSidecar)),
  };
  const plain = JSON.parse(JSON.stringify({ applications: [application] })) as object;
  return `---\n${stringify(plain, { lineWidth: 0 })}`;
};
