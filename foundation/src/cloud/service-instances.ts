import type { BucketCredentials } from './broker';
import { notAuthorized, operationInProgress, unprocessable } from './errors';
import { mergeMetadata, NO_METADATA, type MetadataPatch } from './metadata';
import type { Access } from './permissions';
import type { LastOperation, ServiceInstance } from './records';
import type { State } from './state';

const DESCRIPTIONS = {
  create: { 'in progress': 'Create in progress', succeeded: 'Operation succeeded', failed: 'Create failed' },
  update: { 'in progress': 'Update in progress', succeeded: 'Operation succeeded', failed: 'Update failed' },
  delete: { 'in progress': 'Delete in progress', succeeded: 'Operation succeeded', failed: 'Delete failed' },
} as const;

export const operation = (
  state: State,
  type: LastOperation['type'],
  progress: LastOperation['state'],
  before?: LastOperation,
): LastOperation => ({
  type,
  state: progress,
  description: DESCRIPTIONS[type][progress],
  createdAt: before?.type === type ? before.createdAt : state.now(),
  updatedAt: state.now(),
});

export interface UserProvidedFields {
  readonly name?: string;
  readonly credentials?: Readonly<Record<string, unknown>> | null;
  readonly tags?: readonly string[] | null;
  readonly syslogDrainUrl?: string | null;
  readonly routeServiceUrl?: string | null;
  readonly metadata?: MetadataPatch | null;
}

const requireWritableSpace = (state: State, access: Access, spaceGuid: string): void => {
  if (!state.spaces.get(spaceGuid) || !access.inSpace('space:read', spaceGuid)) {
    throw unprocessable('Invalid space. Ensure that the space exists and you have access to it.');
  }
  if (!access.inSpace('service:write', spaceGuid)) {
    throw notAuthorized();
  }
};

const requireFreeName = (state: State, name: string, spaceGuid: string, except?: string): void => {
  if (
    state.serviceInstances.find(
      (other) => other.name === name && other.spaceGuid === spaceGuid && other.guid !== except,
    )
  ) {
    throw unprocessable(`The service instance name is taken: ${name}.`);
  }
};

export const createUserProvided = (
  state: State,
  access: Access,
  command: UserProvidedFields & { readonly name: string; readonly spaceGuid: string },
): ServiceInstance => {
  requireWritableSpace(state, access, command.spaceGuid);
  requireFreeName(state, command.name, command.spaceGuid);
  return state.serviceInstances.put({
    ...state.stamp(),
    type: 'user-provided',
    name: command.name,
    spaceGuid: command.spaceGuid,
    credentials: command.credentials ?? {},
    tags: command.tags ?? [],
    syslogDrainUrl: command.syslogDrainUrl ?? null,
    routeServiceUrl: command.routeServiceUrl ?? null,
    lastOperation: operation(state, 'create', 'succeeded'),
    metadata: mergeMetadata(NO_METADATA, command.metadata),
  });
};

export const createManaged = (
  state: State,
  access: Access,
  command: {
    name: string;
    spaceGuid: string;
    planGuid: string;
    tags?: readonly string[];
    metadata?: MetadataPatch | null;
  },
): ServiceInstance => {
  requireWritableSpace(state, access, command.spaceGuid);
  if (!state.servicePlans.get(command.planGuid)) {
    throw unprocessable(
      'Invalid service plan. Ensure that the service plan exists, is available, and you have access to it.',
    );
  }
  requireFreeName(state, command.name, command.spaceGuid);
  return state.serviceInstances.put({
    ...state.stamp(),
    type: 'managed',
    name: command.name,
    spaceGuid: command.spaceGuid,
    planGuid: command.planGuid,
    credentials: {},
    tags: command.tags ?? [],
    syslogDrainUrl: null,
    routeServiceUrl: null,
    lastOperation: operation(state, 'create', 'in progress'),
    metadata: mergeMetadata(NO_METADATA, command.metadata),
  });
};

export const finishProvisioning = (state: State, guid: string, credentials: BucketCredentials): void => {
  const instance = state.serviceInstances.get(guid);
  if (instance) {
    const lastOperation = operation(state, 'create', 'succeeded', instance.lastOperation);
    state.serviceInstances.put({ ...instance, updatedAt: state.now(), credentials: { ...credentials }, lastOperation });
  }
};

export const failOperation = (state: State, guid: string): void => {
  const instance = state.serviceInstances.get(guid);
  if (instance) {
    const { lastOperation } = instance;
    state.serviceInstances.put({
      ...instance,
      lastOperation: operation(state, lastOperation.type, 'failed', lastOperation),
    });
  }
};

export const requireIdle = (instance: ServiceInstance): void => {
  if (instance.lastOperation.state === 'in progress') {
    throw operationInProgress(`An operation for service instance ${instance.name} is in progress.`);
  }
};

/** Marks a managed instance as one that is being removed; the job does the rest. */
export const beginDeprovisioning = (state: State, instance: ServiceInstance): void => {
  state.serviceInstances.put({ ...instance, lastOperation: operation(state, 'delete', 'in progress') });
};

/** New credentials reach the bindings at once, and the applications when they are started next. */
export const updateServiceInstance = (
  state: State,
  access: Access,
  instance: ServiceInstance,
  command: UserProvidedFields,
): ServiceInstance => {
  access.requireInSpace('service:write', instance.spaceGuid, 'Service instance');
  requireIdle(instance);
  const name = command.name ?? instance.name;
  requireFreeName(state, name, instance.spaceGuid, instance.guid);
  const credentials = command.credentials ?? instance.credentials;
  if (command.credentials) {
    for (const binding of state.serviceBindings.where((candidate) => candidate.serviceInstanceGuid === instance.guid)) {
      state.serviceBindings.put({ ...binding, updatedAt: state.now(), credentials });
    }
  }
  return state.serviceInstances.put({
    ...instance,
    updatedAt: state.now(),
    name,
    credentials,
    tags: command.tags === undefined ? instance.tags : (command.tags ?? []),
    syslogDrainUrl: command.syslogDrainUrl === undefined ? instance.syslogDrainUrl : command.syslogDrainUrl,
    routeServiceUrl: command.routeServiceUrl === undefined ? instance.routeServiceUrl : command.routeServiceUrl,
    lastOperation: operation(state, 'update', 'succeeded'),
    metadata: mergeMetadata(instance.metadata, command.metadata),
  });
};

/** With its bindings. */
export const deleteServiceInstance = (state: State, guid: string): void => {
  for (const binding of state.serviceBindings.where((candidate) => candidate.serviceInstanceGuid === guid)) {
    state.serviceBindings.delete(binding.guid);
  }
  state.serviceInstances.delete(guid);
};
