import type { LastOperation, ServiceInstance, ServiceOffering } from './records';
import type { State } from './state';
import { CloudError, notAuthorized, notFound, operationInProgress, unprocessable } from './errors';
import { recordOfService, requested } from './events';
import { offeringOf, plansOf } from './marketplace';
import { mergeMetadata, NO_METADATA, type MetadataPatch } from './metadata';
import type { Access, Action } from './permissions';

const DESCRIPTIONS = {
  create: { 'in progress': 'Create in progress', succeeded: 'Operation succeeded' },
  update: { 'in progress': 'Update in progress', succeeded: 'Operation succeeded' },
  delete: { 'in progress': 'Delete in progress', succeeded: 'Operation succeeded' },
} as const;

const since = (state: State, type: LastOperation['type'], before?: LastOperation) => ({
  type,
  createdAt: before?.type === type ? before.createdAt : state.now(),
  updatedAt: state.now(),
});

export const operation = (
  state: State,
  type: LastOperation['type'],
  progress: 'in progress' | 'succeeded',
  before?: LastOperation,
): LastOperation => ({
  ...since(state, type, before),
  state: progress,
  description: (progress === 'succeeded' && brokerDescription(type, before)) || DESCRIPTIONS[type][progress],
});

/** Keeps a broker's own description of an asynchronous operation when the operation ends. */
const brokerDescription = (type: LastOperation['type'], before?: LastOperation): string | undefined =>
  before?.brokerOperation !== undefined && before.description !== DESCRIPTIONS[type]['in progress']
    ? before.description
    : undefined;

/** Marks the operation in progress as failed, with the reason. */
export const failed = (state: State, before: LastOperation, description: string): LastOperation => ({
  ...since(state, before.type, before),
  state: 'failed',
  description,
});

export const isBusy = ({ lastOperation }: { readonly lastOperation: LastOperation }): boolean =>
  lastOperation.state === 'in progress';

export const isFailedCreation = ({ type, lastOperation }: ServiceInstance): boolean =>
  type === 'managed' && lastOperation.type === 'create' && lastOperation.state === 'failed';

/** The spaces where an instance can be bound, its own first. */
export const spacesOf = ({ spaceGuid, sharedSpaces = [] }: ServiceInstance): readonly string[] => [
  spaceGuid,
  ...sharedSpaces,
];

export const isReadable = (access: Access, instance: ServiceInstance): boolean =>
  spacesOf(instance).some((guid) => access.inSpace('service:read', guid));

/** Readable in each space that it is shared with; other actions require a role in its own space. */
export const requireInstance = (state: State, access: Access, action: Action, guid: string): ServiceInstance => {
  const instance = state.serviceInstances.get(guid);
  if (!instance || !isReadable(access, instance)) throw notFound('Service instance');
  if (action !== 'service:read' && !access.inSpace(action, instance.spaceGuid)) throw notAuthorized();
  return instance;
};

/** Throws unless the instance's parameters can be read. */
export const requireReadableParameters = (state: State, access: Access, instance: ServiceInstance): void => {
  if (!access.inSpace('service:read', instance.spaceGuid)) throw notAuthorized();
  if (isFailedCreation(instance)) throw notFound('Service instance');
  if (!offeringOf(state, instance)?.instancesRetrievable) {
    throw new CloudError(
      400,
      120004,
      'CF-ServiceFetchInstanceParametersNotSupported',
      'This service does not support fetching service instance parameters.',
    );
  }
  if (isBusy(instance)) throw operationInProgress(`An operation for service instance ${instance.name} is in progress.`);
};

interface InstanceCommand {
  readonly name: string;
  readonly spaceGuid: string;
  readonly tags?: readonly string[] | null;
  readonly metadata?: MetadataPatch | null;
}

export const requireFreeName = (state: State, name: string, spaceGuid: string, except?: string): void => {
  const taken = state.serviceInstances.find(
    (other) => other.name === name && other.guid !== except && spacesOf(other).includes(spaceGuid),
  );
  if (taken) throw unprocessable(`The service instance name is taken: ${name}.`);
};

const MAX_TAGS = 2048;

export const requireShortTags = (name: string, tags: readonly string[] | null | undefined): void => {
  if (tags && tags.join('').length > MAX_TAGS) {
    throw unprocessable(`Combined length of tags for service ${name} must be ${MAX_TAGS} characters or less.`);
  }
};

/** Stores a new instance of a kind, if its name is free in the space. */
export const putInstance = (
  state: State,
  { name, spaceGuid, tags, metadata }: InstanceCommand,
  kind: Pick<ServiceInstance, 'type' | 'lastOperation'> & Partial<ServiceInstance>,
): ServiceInstance => {
  requireFreeName(state, name, spaceGuid);
  requireShortTags(name, tags);
  return state.serviceInstances.put({
    ...state.stamp(),
    credentials: {},
    syslogDrainUrl: null,
    routeServiceUrl: null,
    ...kind,
    name,
    spaceGuid,
    tags: tags ?? [],
    metadata: mergeMetadata(NO_METADATA, metadata),
  });
};

/** Also deletes its bindings. */
export const deleteServiceInstance = (state: State, guid: string, event: 'delete' | 'purge' = 'delete'): void => {
  for (const table of [state.serviceBindings, state.routeBindings] as const) {
    for (const binding of table) {
      if (binding.serviceInstanceGuid === guid) table.delete(binding.guid);
    }
  }
  const instance = state.serviceInstances.get(guid);
  if (instance) {
    recordOfService(state, event, instance);
    state.serviceInstances.delete(guid);
  }
};

interface UserProvidedFields {
  readonly name?: string;
  readonly credentials?: Readonly<Record<string, unknown>> | null;
  readonly tags?: readonly string[] | null;
  readonly syslogDrainUrl?: string | null;
  readonly routeServiceUrl?: string | null;
  readonly metadata?: MetadataPatch | null;
}

export const createUserProvided = (
  state: State,
  access: Access,
  command: UserProvidedFields & { readonly name: string; readonly spaceGuid: string },
): ServiceInstance => {
  access.requirePlace('service:write', command.spaceGuid);
  const instance = putInstance(state, command, {
    type: 'user-provided',
    credentials: command.credentials ?? {},
    syslogDrainUrl: command.syslogDrainUrl ?? null,
    routeServiceUrl: command.routeServiceUrl ?? null,
    lastOperation: operation(state, 'create', 'succeeded'),
  });
  recordOfService(state, 'create', instance, requested({ name: instance.name }));
  return instance;
};

/** New credentials reach bindings at once, and applications at their next start. */
export const updateUserProvided = (
  state: State,
  instance: ServiceInstance,
  command: UserProvidedFields,
): ServiceInstance => {
  requireShortTags(instance.name, command.tags);
  const name = command.name ?? instance.name;
  requireFreeName(state, name, instance.spaceGuid, instance.guid);
  const credentials = command.credentials ?? instance.credentials;
  if (command.credentials) {
    for (const binding of state.serviceBindings.where((candidate) => candidate.serviceInstanceGuid === instance.guid)) {
      state.serviceBindings.put({ ...binding, updatedAt: state.now(), credentials });
    }
  }
  recordOfService(state, 'update', { ...instance, name }, requested({ ...command }));
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

/** @param purges also removes the plans, instances, and bindings, without telling the broker */
export const removeOffering = (state: State, offering: ServiceOffering, purges: boolean): void => {
  const plans = plansOf(state, offering);
  if (plans.length > 0 && !purges) {
    throw unprocessable('Please delete the service_plans associations for your services.');
  }
  for (const plan of plans) {
    for (const instance of state.serviceInstances.where(({ planGuid }) => planGuid === plan.guid)) {
      deleteServiceInstance(state, instance.guid, 'purge');
    }
    state.servicePlans.delete(plan.guid);
  }
  state.serviceOfferings.delete(offering.guid);
};
