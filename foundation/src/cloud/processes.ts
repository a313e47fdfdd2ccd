import { randomUUID } from 'node:crypto';
import type { DropletSource, HealthCheck, ReadinessCheck } from '../cell/cell';
import { runningEnvironment } from './environment';
import { recordOfApp, recordOfPart, requested } from './events';
import { mergeMetadata, NO_METADATA, type MetadataPatch } from './metadata';
import { keptEgress } from './network';
import type { App, DesiredContainers, Droplet, Process, ProcessHealthCheck, Revision, Scale } from './records';
import { ownMemory, sidecarSpecs } from './sidecars';
import type { State } from './state';

const DEFAULT_PORT = 8080;
export const DEFAULT_MEMORY = 1024;
export const DEFAULT_DISK = 1024;
export const UNLIMITED = -1;

/** @see https://docs.cloudfoundry.org/devguide/deploy-apps/healthchecks.html */
const HEALTH_DEFAULTS = { endpoint: '/', timeout: 60, interval: 30, invocationTimeout: 1 };

/** A process with defaults: one instance for web, none for other types. */
const newProcess = (state: State, appGuid: string, type: string): Process => ({
  ...state.stamp(),
  appGuid,
  type,
  instances: type === 'web' ? 1 : 0,
  memory: DEFAULT_MEMORY,
  disk: DEFAULT_DISK,
  logRateLimit: UNLIMITED,
  healthCheck: { type: type === 'web' ? 'port' : 'process' },
  readinessHealthCheck: { type: 'process' },
  metadata: NO_METADATA,
});

export const addProcess = (state: State, app: App, type: string): Process => {
  const process = state.processes.put(newProcess(state, app.guid, type));
  recordOfApp(state, 'process.create', app, { process_guid: process.guid, process_type: type });
  return process;
};

/** In the platform's order, by type. During a deployment there are several of type web, the newest last. */
export const processesOf = (state: State, appGuid: string): Process[] =>
  state.processes.ofApp(appGuid).sort((a, b) => a.type.localeCompare(b.type));

/** The newest process of each type, which is the one that the type alone refers to. */
export const currentProcesses = (state: State, appGuid: string): Process[] => [
  ...new Map(processesOf(state, appGuid).map((process) => [process.type, process])).values(),
];

export const currentProcess = (state: State, appGuid: string, type: string): Process | undefined =>
  currentProcesses(state, appGuid).find((process) => process.type === type);

/** The log limit in a container's specification, absent if there is none. */
export const logLimitOf = (rate: number): { readonly logRateLimit?: number } =>
  rate === UNLIMITED ? {} : { logRateLimit: rate };

const readinessCheckOf = (check: Process['readinessHealthCheck']): ReadinessCheck => ({
  type: check.type,
  endpoint: check.endpoint ?? HEALTH_DEFAULTS.endpoint,
  interval: check.interval ?? HEALTH_DEFAULTS.interval,
  invocationTimeout: check.invocationTimeout ?? HEALTH_DEFAULTS.invocationTimeout,
});

const healthCheckOf = ({ healthCheck }: Process): HealthCheck => ({
  ...readinessCheckOf(healthCheck),
  timeout: healthCheck.timeout ?? HEALTH_DEFAULTS.timeout,
});

/** The ports that route destinations name. */
const namedPorts = (state: State, { appGuid, type }: Process): readonly number[] =>
  [...state.routes].flatMap(({ destinations }) =>
    destinations.flatMap(({ port, ...to }) =>
      port !== undefined && to.appGuid === appGuid && to.processType === type ? [port] : [],
    ),
  );

/**
 * The ports that an image exposes. For an image without any, and for a buildpack, 8080 for web and none for other
 * types; for a buildpack, also those of its routes.
 */
const openPorts = (state: State, droplet: Droplet, process: Process): readonly number[] => {
  const exposed = droplet.execution?.ports ?? [];
  const usual = exposed.length > 0 ? exposed : process.type === 'web' ? [DEFAULT_PORT] : [];
  return droplet.image === undefined ? [...new Set([...usual, ...namedPorts(state, process)])] : usual;
};

export const sourceOf = (state: State, droplet: Droplet): DropletSource => {
  if (droplet.image === undefined) return { kind: 'buildpack', dropletGuid: droplet.guid };
  const { username, password } = state.packages.get(droplet.packageGuid) ?? {};
  return { kind: 'docker', image: droplet.image, username, password };
};

/** Sets the desired containers of a process. A new version replaces all instances. */
export const desireContainers = (
  state: State,
  app: App,
  process: Process,
  revision: Revision,
  api: string,
): DesiredContainers => {
  const droplet = state.droplets.expect(revision.dropletGuid);
  const ports = openPorts(state, droplet, process);
  const version = randomUUID();
  const { sidecars = [] } = revision;
  const command = process.command ?? droplet.processTypes[process.type];
  return {
    version,
    revisionGuid: revision.guid,
    dropletGuid: droplet.guid,
    sshEnabled: app.sshEnabled,
    droplet: sourceOf(state, droplet),
    command: command === '' ? undefined : command,
    env: runningEnvironment(state, app, process, api, ports, ownMemory(process, sidecars)),
    memory: process.memory,
    disk: process.disk,
    ports,
    healthCheck: healthCheckOf(process),
    ...logLimitOf(process.logRateLimit),
    ...sidecarSpecs(sidecars, process.type),
    ...keptEgress(state, app.spaceGuid),
    // A check of type `process` needs nothing: the process exists as long as the instance.
    ...(process.readinessHealthCheck.type === 'process'
      ? {}
      : { readinessCheck: readinessCheckOf(process.readinessHealthCheck) }),
  };
};

export interface ProcessCommand extends Scale {
  /** `null` restores the droplet's command. */
  readonly command?: string | null;
  readonly healthCheck?: Partial<ProcessHealthCheck>;
  readonly readinessHealthCheck?: Partial<ProcessHealthCheck>;
  readonly metadata?: MetadataPatch | null;
}

const mergeHealthCheck = (before: ProcessHealthCheck, patch: Partial<ProcessHealthCheck> | undefined) => {
  const type = patch?.type ?? before.type;
  const merged: ProcessHealthCheck = {
    type,
    timeout: patch?.timeout ?? before.timeout,
    interval: patch?.interval ?? before.interval,
    invocationTimeout: patch?.invocationTimeout ?? before.invocationTimeout,
  };
  return type === 'http' ? { ...merged, endpoint: patch?.endpoint ?? before.endpoint } : merged;
};

const recordProcess = (state: State, what: string, { guid, type, appGuid }: Process, data = {}): void =>
  recordOfPart(state, `process.${what}`, { appGuid }, { process_guid: guid, process_type: type, ...data });

const isEmpty = (fields: object): boolean => Object.values(fields).every((value) => value === undefined);

/** Changes a process at a user's request, and records the events. */
export const changeProcess = (state: State, process: Process, command: ProcessCommand): Process => {
  const { instances, memory, disk, logRateLimit, ...rest } = command;
  const scale = { instances, memory_in_mb: memory, disk_in_mb: disk, log_rate_limit_in_bytes_per_second: logRateLimit };
  if (!isEmpty(scale)) recordProcess(state, 'scale', process, requested(scale));
  if (!isEmpty(rest)) {
    const { command: text, healthCheck, readinessHealthCheck: readiness, metadata } = rest;
    const request = { command: text, health_check: healthCheck, readiness_health_check: readiness, metadata };
    recordProcess(state, 'update', process, requested(request));
  }
  return updateProcess(state, process, command);
};

export const recordTermination = (state: State, process: Process, index: number): void =>
  recordProcess(state, 'terminate_instance', process, { process_index: index });

/** The number of instances changes at once; running containers get other changes with the next start. */
export const updateProcess = (state: State, process: Process, command: ProcessCommand): Process =>
  state.processes.put({
    ...process,
    updatedAt: state.now(),
    instances: command.instances ?? process.instances,
    memory: command.memory ?? process.memory,
    disk: command.disk ?? process.disk,
    logRateLimit: command.logRateLimit ?? process.logRateLimit,
    command: command.command === undefined ? process.command : (command.command ?? undefined),
    healthCheck: mergeHealthCheck(process.healthCheck, command.healthCheck),
    readinessHealthCheck: mergeHealthCheck(process.readinessHealthCheck, command.readinessHealthCheck),
    metadata: mergeMetadata(process.metadata, command.metadata),
  });
