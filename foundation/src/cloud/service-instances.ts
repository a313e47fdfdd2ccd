import type { BrokeredInstance, Parameters, Place, Provisioned } from './broker';
import { CloudError, invalidRelation, notAuthorized, notFound, operationInProgress, unprocessable } from './errors';
import { recordOfService, requested } from './events';
import { brokerOf, isUpdateable, offeringOf, requireUsablePlan } from './marketplace';
import { mergeMetadata, NO_METADATA, type MetadataPatch } from './metadata';
import type { Access, Action } from './permissions';
import { requireServiceWithinQuota } from './quotas';
import type { LastOperation, ServiceInstance } from './records';
import { requireAvailable } from './service-brokers';
import type { State } from './state';

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
  description: (progress === 'succeeded' && toldByBroker(type, before)) || DESCRIPTIONS[type][progress],
});

/** What a broker has said of what it did behind its answer stays when it is done. */
const toldByBroker = (type: LastOperation['type'], before?: LastOperation): string | undefined =>
  before?.brokerOperation !== undefined && before.description !== DESCRIPTIONS[type]['in progress']
    ? before.description
    : undefined;

/** What was under way has failed, for that reason. */
export const failed = (state: State, before: LastOperation, description: string): LastOperation => ({
  ...since(state, before.type, before),
  state: 'failed',
  description,
});

const isFailedCreation = ({ type, lastOperation }: ServiceInstance): boolean =>
  type === 'managed' && lastOperation.type === 'create' && lastOperation.state === 'failed';

export const isBusy = ({ lastOperation }: ServiceInstance): boolean => lastOperation.state === 'in progress';

const placeOf = (state: State, { spaceGuid }: ServiceInstance): Place => {
  const space = state.spaces.expect(spaceGuid);
  const organization = state.organizations.expect(space.organizationGuid);
  return {
    organizationGuid: organization.guid,
    organizationName: organization.name,
    spaceGuid,
    spaceName: space.name,
  };
};

/** What the broker is told of an instance. */
export const brokered = (
  state: State,
  instance: ServiceInstance,
  {
    planGuid = instance.planGuid,
    parameters = instance.parameters,
  }: { planGuid?: string; parameters?: Parameters } = {},
): BrokeredInstance => {
  const plan = state.servicePlans.expect(planGuid ?? '');
  const offering = state.serviceOfferings.expect(plan.offeringGuid);
  return {
    guid: instance.guid,
    name: instance.name,
    offering: offering.name,
    offeringId: offering.catalogId,
    plan: plan.name,
    planId: plan.catalogId,
    place: placeOf(state, instance),
    parameters: parameters ?? {},
    requires: offering.requires,
    bindingsRetrievable: offering.bindingsRetrievable,
    maximumPollingDuration: plan.maximumPollingDuration,
  };
};

/** Where an instance can be bound: its own space first. */
export const spacesOf = ({ spaceGuid, sharedSpaces = [] }: ServiceInstance): readonly string[] => [
  spaceGuid,
  ...sharedSpaces,
];

export const isReadable = (access: Access, instance: ServiceInstance): boolean =>
  spacesOf(instance).some((guid) => access.inSpace('service:read', guid));

/** Seen from each space that it is shared to; what is more than reading takes a role in its own. */
export const requireInstance = (state: State, access: Access, action: Action, guid: string): ServiceInstance => {
  const instance = state.serviceInstances.get(guid);
  if (!instance || !isReadable(access, instance)) {
    throw notFound('Service instance');
  }
  if (action !== 'service:read' && !access.inSpace(action, instance.spaceGuid)) {
    throw notAuthorized();
  }
  return instance;
};

/** Throws unless they can be asked for. */
export const requireReadableParameters = (state: State, access: Access, instance: ServiceInstance): void => {
  if (!access.inSpace('service:read', instance.spaceGuid)) {
    throw notAuthorized();
  }
  if (isFailedCreation(instance)) {
    throw notFound('Service instance');
  }
  if (!offeringOf(state, instance)?.instancesRetrievable) {
    throw new CloudError(
      400,
      120004,
      'CF-ServiceFetchInstanceParametersNotSupported',
      'This service does not support fetching service instance parameters.',
    );
  }
  if (isBusy(instance)) {
    throw operationInProgress(`An operation for service instance ${instance.name} is in progress.`);
  }
};

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
  const taken = state.serviceInstances.find(
    (other) => other.name === name && other.guid !== except && spacesOf(other).includes(spaceGuid),
  );
  if (taken) {
    throw unprocessable(`The service instance name is taken: ${name}.`);
  }
};

const MAX_TAGS = 2048;

const requireShortTags = (name: string, tags: readonly string[] | null | undefined): void => {
  if (tags && tags.join('').length > MAX_TAGS) {
    throw unprocessable(`Combined length of tags for service ${name} must be ${MAX_TAGS} characters or less.`);
  }
};

export const createUserProvided = (
  state: State,
  access: Access,
  command: UserProvidedFields & { readonly name: string; readonly spaceGuid: string },
): ServiceInstance => {
  requireWritableSpace(state, access, command.spaceGuid);
  requireFreeName(state, command.name, command.spaceGuid);
  requireShortTags(command.name, command.tags);
  const instance = state.serviceInstances.put({
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
  recordOfService(state, 'create', instance, requested({ name: instance.name }));
  return instance;
};

interface ManagedFields {
  readonly name?: string;
  readonly planGuid?: string;
  readonly parameters?: Parameters | null;
  readonly tags?: readonly string[] | null;
  readonly metadata?: MetadataPatch | null;
}

export const createManaged = (
  state: State,
  access: Access,
  command: ManagedFields & { readonly name: string; readonly spaceGuid: string; readonly planGuid: string },
): ServiceInstance => {
  requireWritableSpace(state, access, command.spaceGuid);
  const plan = requireUsablePlan(state, access, command.planGuid, command.spaceGuid);
  requireAvailable(brokerOf(state, state.serviceOfferings.expect(plan.offeringGuid)));
  requireFreeName(state, command.name, command.spaceGuid);
  requireShortTags(command.name, command.tags);
  const instance = state.serviceInstances.put({
    ...state.stamp(),
    type: 'managed',
    name: command.name,
    spaceGuid: command.spaceGuid,
    planGuid: plan.guid,
    parameters: command.parameters ?? {},
    credentials: {},
    tags: command.tags ?? [],
    syslogDrainUrl: null,
    routeServiceUrl: null,
    lastOperation: operation(state, 'create', 'in progress'),
    metadata: mergeMetadata(NO_METADATA, command.metadata),
  });
  requireServiceWithinQuota(state, command.spaceGuid, plan.free);
  recordOfService(state, 'start_create', instance, requested({ name: instance.name, service_plan_guid: plan.guid }));
  return instance;
};

/** What the broker was asked for is so. */
export const finishOperation = (
  state: State,
  guid: string,
  { dashboardUrl = state.serviceInstances.get(guid)?.dashboardUrl }: Provisioned,
): void => {
  const instance = state.serviceInstances.get(guid);
  if (instance) {
    const { lastOperation: before } = instance;
    const lastOperation = operation(state, before.type, 'succeeded', before);
    recordOfService(state, before.type, instance);
    state.serviceInstances.put({ ...instance, updatedAt: state.now(), dashboardUrl, lastOperation });
  }
};

export const failOperation = (state: State, guid: string, reason: string): void => {
  const instance = state.serviceInstances.get(guid);
  if (instance) {
    state.serviceInstances.put({ ...instance, lastOperation: failed(state, instance.lastOperation, reason) });
  }
};

const requireIdle = (instance: ServiceInstance): void => {
  if (isBusy(instance)) {
    throw operationInProgress(`An operation for service instance ${instance.name} is in progress.`);
  }
};

/** The broker's part of a change, and what becomes of the instance when that is done. */
export interface ManagedUpdate {
  readonly guid: string;
  readonly planGuid?: string;
  readonly parameters?: Parameters;
  readonly name?: string;
  readonly tags?: readonly string[];
}

const requirePossiblePlan = (
  state: State,
  access: Access,
  instance: ServiceInstance,
  planGuid: string | undefined,
): void => {
  if (planGuid === undefined) {
    return;
  }
  const plan = requireUsablePlan(state, access, planGuid, instance.spaceGuid);
  const offering = offeringOf(state, instance);
  if (plan.offeringGuid !== offering?.guid) {
    throw invalidRelation('service plan relates to a different service offering');
  }
  if (!isUpdateable(offering, state.servicePlans.get(instance.planGuid) ?? plan)) {
    throw unprocessable('The service does not support changing plans.');
  }
};

const applyFields = (state: State, instance: ServiceInstance, fields: ManagedFields): ServiceInstance =>
  state.serviceInstances.put({
    ...instance,
    updatedAt: state.now(),
    name: fields.name ?? instance.name,
    tags: fields.tags === undefined ? instance.tags : (fields.tags ?? []),
    planGuid: fields.planGuid ?? instance.planGuid,
    parameters: { ...instance.parameters, ...fields.parameters },
    metadata: mergeMetadata(instance.metadata, fields.metadata),
  });

/**
 * Name, tags and metadata alone are changed at once; for a plan or parameters the broker is asked first, and the answer
 * is what has to be asked for.
 */
export const updateManaged = (
  state: State,
  access: Access,
  instance: ServiceInstance,
  command: ManagedFields,
): ServiceInstance | ManagedUpdate => {
  const { metadata, ...rest } = command;
  const { name, planGuid, parameters, tags } = rest;
  if (isFailedCreation(instance)) {
    throw new CloudError(
      404,
      60004,
      'CF-ServiceInstanceNotFound',
      `The service instance could not be found: ${instance.name}`,
    );
  }
  if (name !== undefined) {
    requireFreeName(state, name, instance.spaceGuid, instance.guid);
    if (spacesOf(instance).length > 1) {
      throw unprocessable('Service instances that have been shared cannot be renamed');
    }
  }
  requireShortTags(name ?? instance.name, tags);
  requirePossiblePlan(state, access, instance, planGuid);
  if (Object.values<unknown>(rest).every((value) => value === undefined)) {
    return applyFields(state, instance, { metadata });
  }
  requireIdle(instance);
  if (parameters === undefined && (planGuid === undefined || planGuid === instance.planGuid)) {
    const changed = applyFields(state, instance, command);
    recordOfService(state, 'update', changed, requested({ name, tags, metadata }));
    return state.serviceInstances.put({ ...changed, lastOperation: operation(state, 'update', 'succeeded') });
  }
  const busy = applyFields(state, instance, { metadata });
  recordOfService(state, 'start_update', busy, requested({ name, tags, metadata, service_plan_guid: planGuid }));
  state.serviceInstances.put({ ...busy, lastOperation: operation(state, 'update', 'in progress') });
  return {
    guid: instance.guid,
    parameters: parameters ?? {},
    ...(planGuid === undefined ? {} : { planGuid }),
    ...(name === undefined ? {} : { name }),
    ...(tags === undefined ? {} : { tags: tags ?? [] }),
  };
};

export const finishUpdate = (state: State, { guid, ...fields }: ManagedUpdate, made: Provisioned): void => {
  const instance = state.serviceInstances.get(guid);
  if (instance) {
    applyFields(state, instance, fields);
    finishOperation(state, guid, made);
  }
};

/** Marks a managed instance as one that is being removed; the job does the rest, and may have begun before. */
export const beginDeprovisioning = (state: State, instance: ServiceInstance): void => {
  if (instance.lastOperation.type !== 'delete' || !isBusy(instance)) {
    recordOfService(state, 'start_delete', instance);
    state.serviceInstances.put({ ...instance, lastOperation: operation(state, 'delete', 'in progress') });
  }
};

/** New credentials reach the bindings at once, and the applications when they are started next. */
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

/** With its bindings. */
export const deleteServiceInstance = (state: State, guid: string, event: 'delete' | 'purge' = 'delete'): void => {
  for (const table of [state.serviceBindings, state.routeBindings] as const) {
    for (const binding of table) {
      if (binding.serviceInstanceGuid === guid) {
        table.delete(binding.guid);
      }
    }
  }
  const instance = state.serviceInstances.get(guid);
  if (instance) {
    recordOfService(state, event, instance);
    state.serviceInstances.delete(guid);
  }
};
