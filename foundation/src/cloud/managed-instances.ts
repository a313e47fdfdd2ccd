import type { BrokeredInstance, Parameters, Place, Provisioned } from './broker';
import { CloudError, invalidRelation, operationInProgress, unprocessable } from './errors';
import { recordOfService, requested } from './events';
import {
  failed,
  isBusy,
  operation,
  isFailedCreation,
  putInstance,
  requireFreeName,
  requireShortTags,
  spacesOf,
} from './service-instances';
import { brokerOf, isUpdateable, offeringOf, requireUsablePlan } from './marketplace';
import { mergeMetadata, type MetadataPatch } from './metadata';
import type { Access } from './permissions';
import { requireServiceWithinQuota } from './quotas';
import type { ServiceInstance } from './records';
import { requireAvailable } from './service-brokers';
import type { State } from './state';

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

/** An instance, as its broker is told. */
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
  const { name, spaceGuid } = command;
  access.requirePlace('service:write', spaceGuid);
  const plan = requireUsablePlan(state, access, command.planGuid, spaceGuid);
  requireAvailable(brokerOf(state, state.serviceOfferings.expect(plan.offeringGuid)));
  const instance = putInstance(state, command, {
    type: 'managed',
    planGuid: plan.guid,
    parameters: command.parameters ?? {},
    lastOperation: operation(state, 'create', 'in progress'),
  });
  requireServiceWithinQuota(state, spaceGuid, plan.free);
  recordOfService(state, 'start_create', instance, requested({ name, service_plan_guid: plan.guid }));
  return instance;
};

/** Ends an operation that the broker has completed. */
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
  if (isBusy(instance)) throw operationInProgress(`An operation for service instance ${instance.name} is in progress.`);
};

/** A change for the broker, and for the instance once the broker has made it. */
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
  if (planGuid === undefined) return;
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
 * Changes name, tags, and metadata at once. If the plan or parameters change, returns the change that the broker must
 * make first.
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
    if (spacesOf(instance).length > 1) throw unprocessable('Service instances that have been shared cannot be renamed');
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

/** Marks a managed instance as being deleted; the job does the rest, and may have begun before. */
export const beginDeprovisioning = (state: State, instance: ServiceInstance): void => {
  if (instance.lastOperation.type !== 'delete' || !isBusy(instance)) {
    recordOfService(state, 'start_delete', instance);
    state.serviceInstances.put({ ...instance, lastOperation: operation(state, 'delete', 'in progress') });
  }
};
