import { stringify, parse } from 'yaml';
import { printBytes, parseBytes, parseMegabytes } from '../cloud/megabytes';
import { latestPackage } from '../cloud/packages';
import { currentProcesses } from '../cloud/processes';
import type { App, Process, Sidecar } from '../cloud/records';
import { urlOf } from '../cloud/routes';
import { sidecarsOf } from '../cloud/sidecars';
import type { State } from '../cloud/state';
import { isDeepStrictEqual } from 'node:util';
import { findApp } from '../cloud/apps';
import { parseManifest } from '../cloud/manifest-document';
import { ownProperty } from '../own-property';

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

interface Difference {
  readonly op: 'add' | 'replace';
  readonly path: string;
  readonly was?: unknown;
  readonly value: unknown;
}

type Content = Readonly<Record<string, unknown>>;

const isContent = (value: unknown): value is Content =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Sizes, which are compared by value, not as written. */
const SIZES: readonly string[] = ['memory', 'disk_quota', 'disk-quota'];
const LOG_RATE = 'log-rate-limit-per-second';

const isSame = (key: string, before: unknown, after: unknown): boolean =>
  isDeepStrictEqual(before, after) ||
  (SIZES.includes(key) && parseMegabytes(String(before)) === parseMegabytes(String(after))) ||
  (key === LOG_RATE && parseBytes(String(before)) === parseBytes(String(after)));

/** The key that identifies the items of a list. */
const IDENTITIES: Readonly<Record<string, string>> = {
  routes: 'route',
  processes: 'type',
  services: 'name',
  sidecars: 'name',
};

const nameOf = (list: string, item: unknown): unknown =>
  isContent(item) ? ownProperty(item, IDENTITIES[list] ?? '') : item;

const compareLists = (
  path: string,
  list: string,
  before: readonly unknown[],
  after: readonly unknown[],
): Difference[] =>
  after.flatMap((item, index) => {
    const match = before.find((other) => nameOf(list, other) === nameOf(list, item));
    if (match === undefined) return [{ op: 'add', path: `${path}/${index}`, value: item }];
    return isContent(match) && isContent(item) ? compare(`${path}/${index}`, match, item) : [];
  });

const compare = (path: string, before: Content, after: Content): Difference[] =>
  Object.entries(after).flatMap(([key, value]): Difference[] => {
    const was = ownProperty(before, key);
    const at = `${path}/${key}`;
    if (was === undefined) return [{ op: 'add', path: at, value }];
    if (isContent(was) && isContent(value)) return compare(at, was, value);
    if (Array.isArray(was) && Array.isArray(value)) return compareLists(at, key, was, value);
    return isSame(key, was, value) ? [] : [{ op: 'replace', path: at, was, value }];
  });

/** Adds the application's own process settings to its web process. */
const withWeb = (application: Content): Content => {
  const processes = Array.isArray(application['processes']) ? (application['processes'] as readonly unknown[]) : [];
  const web = processes.find((process) => isContent(process) && process['type'] === 'web');
  return isContent(web) ? { ...web, ...application } : application;
};

/**
 * What a manifest would change. Only what the manifest sets is compared, since what it leaves out stays as it is.
 *
 * @see https://v3-apidocs.cloudfoundry.org/#create-a-manifest-diff-for-a-space-experimental
 */
export const diffManifest = (state: State, spaceGuid: string, text: string): readonly Difference[] => {
  const names = parseManifest(text).map(({ name }) => name);
  const { applications } = parse(text) as { applications: readonly Content[] };
  return applications.flatMap((application, index) => {
    const path = `/applications/${index}`;
    const app = findApp(state, spaceGuid, names[index] ?? '');
    if (!app) return [{ op: 'add' as const, path, value: application }];
    const [current = {}] = (parse(presentManifest(state, app)) as { applications: readonly Content[] }).applications;
    return compare(path, withWeb(current), application);
  });
};
