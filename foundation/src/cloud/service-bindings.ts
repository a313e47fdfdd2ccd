import type { Bound, BrokeredBinding, Parameters } from './broker';
import { notAuthorized, unprocessable } from './errors';
import { recordOfBinding } from './events';
import { isBindable, offeringOf } from './marketplace';
import { mergeMetadata, NO_METADATA, type MetadataPatch } from './metadata';
import type { Access } from './permissions';
import { requireKeyWithinQuota } from './quotas';
import type { ServiceBinding, ServiceInstance } from './records';
import { isReadable, spacesOf, failed, isBusy, operation } from './service-instances';
import { brokered } from './managed-instances';
import type { State } from './state';

export interface BindingCommand {
  readonly type: 'app' | 'key';
  readonly name?: string | null;
  readonly serviceInstanceGuid: string;
  readonly appGuid?: string;
  readonly parameters?: Parameters | null;
  readonly metadata?: MetadataPatch | null;
}

/** The application's space, or for a key, the instance's. */
export const spaceOfBinding = (state: State, binding: ServiceBinding): string =>
  state.apps.get(binding.appGuid)?.spaceGuid ?? state.serviceInstances.expect(binding.serviceInstanceGuid).spaceGuid;

const isManaged = (state: State, binding: ServiceBinding): boolean =>
  state.serviceInstances.get(binding.serviceInstanceGuid)?.type === 'managed';

const IN_PROGRESS = 'There is an operation in progress for the service instance.';

const requireUsable = (instance: ServiceInstance): void => {
  const { type, state } = instance.lastOperation;
  if (instance.type === 'managed' && type === 'create' && state === 'failed') {
    throw unprocessable('Service instance not found');
  }
  if (isBusy(instance)) throw unprocessable(IN_PROGRESS);
};

const isFailedCreation = ({ lastOperation: { type, state } }: ServiceBinding): boolean =>
  type === 'create' && state === 'failed';

/** A binding of a managed instance has no credentials until the broker has created them. */
const putBinding = (
  state: State,
  instance: ServiceInstance,
  { type, name = null, appGuid, parameters, metadata }: BindingCommand,
): ServiceBinding => {
  const binding = state.serviceBindings.put({
    ...state.stamp(),
    type,
    name,
    serviceInstanceGuid: instance.guid,
    ...(appGuid === undefined ? {} : { appGuid }),
    parameters: parameters ?? {},
    credentials: instance.credentials,
    lastOperation: operation(state, 'create', instance.type === 'managed' ? 'in progress' : 'succeeded'),
    metadata: mergeMetadata(NO_METADATA, metadata),
  });
  recordOfBinding(state, instance.type === 'managed' ? 'start_create' : 'create', binding);
  return binding;
};

const addKey = (state: State, instance: ServiceInstance, command: BindingCommand): ServiceBinding => {
  if (instance.type === 'user-provided') {
    throw unprocessable(
      "Service credential bindings of type 'key' are not supported for user-provided service instances.",
    );
  }
  const { name = null } = command;
  if (name === null) throw unprocessable("Name can't be blank");
  const before = state.serviceBindings.find(
    (binding) => binding.serviceInstanceGuid === instance.guid && binding.type === 'key' && binding.name === name,
  );
  if (before && !isFailedCreation(before)) {
    throw unprocessable(
      `The binding name is invalid. Key binding names must be unique. The service instance already has a key binding with name '${name}'.`,
    );
  }
  if (before) state.serviceBindings.delete(before.guid);
  const key = putBinding(state, instance, { ...command, appGuid: undefined });
  requireKeyWithinQuota(state, instance.spaceGuid);
  return key;
};

const addAppBinding = (state: State, instance: ServiceInstance, command: BindingCommand): ServiceBinding => {
  const app = state.apps.get(command.appGuid);
  if (!app) throw unprocessable(`The app could not be found: '${command.appGuid ?? ''}'`);
  if (!spacesOf(instance).includes(app.spaceGuid)) {
    throw unprocessable('The service instance and the app are in different spaces');
  }
  const bound = state.serviceBindings.ofApp(app.guid);
  const before = bound.find((binding) => binding.serviceInstanceGuid === instance.guid);
  if (before?.lastOperation.type === 'delete') {
    throw unprocessable('The binding is getting deleted or its deletion failed');
  }
  if (before && !isFailedCreation(before)) throw unprocessable('The app is already bound to the service instance');
  const { name = null } = command;
  if (name !== null && bound.some((binding) => binding.guid !== before?.guid && binding.name === name)) {
    throw unprocessable(
      `The binding name is invalid. App binding names must be unique. The app already has a binding with name '${name}'.`,
    );
  }
  if (before) state.serviceBindings.delete(before.guid);
  return putBinding(state, instance, command);
};

/** Doesn't check permissions; the caller does. */
export const addBinding = (state: State, instance: ServiceInstance, command: BindingCommand): ServiceBinding => {
  requireUsable(instance);
  requireBindings(state, instance);
  return command.type === 'key' ? addKey(state, instance, command) : addAppBinding(state, instance, command);
};

const requireBindings = (state: State, instance: ServiceInstance): void => {
  const offering = offeringOf(state, instance);
  if (offering && !isBindable(offering, state.servicePlans.expect(instance.planGuid ?? ''))) {
    throw unprocessable('Service plan does not allow bindings.');
  }
};

/** A key requires a role in the instance's space; an application's binding, one in the application's. */
export const requireBindable = (state: State, access: Access, command: BindingCommand): ServiceInstance => {
  const instance = state.serviceInstances.get(command.serviceInstanceGuid);
  if (!instance || !isReadable(access, instance)) {
    throw unprocessable(`The service instance could not be found: '${command.serviceInstanceGuid}'`);
  }
  if (instance.type === 'user-provided' && command.parameters !== undefined) {
    throw unprocessable('Binding parameters are not supported for user-provided service instances');
  }
  const app = state.apps.get(command.appGuid);
  if (command.type === 'app' && (!app || !access.inSpace('app:read', app.spaceGuid))) {
    throw unprocessable(`The app could not be found: '${command.appGuid ?? ''}'`);
  }
  const isAllowed =
    command.type === 'app' && app
      ? access.inSpace('app:manage', app.spaceGuid)
      : access.inSpace('service:write', instance.spaceGuid);
  if (!isAllowed) throw notAuthorized();
  return instance;
};

export const requireUnbindable = (state: State, binding: ServiceBinding): void => {
  if (binding.lastOperation.state === 'in progress') {
    throw unprocessable('There is an operation in progress for the service binding.');
  }
  if (isBusy(state.serviceInstances.expect(binding.serviceInstanceGuid))) throw unprocessable(IN_PROGRESS);
};

export const beginUnbinding = (state: State, binding: ServiceBinding): void => {
  recordOfBinding(state, 'start_delete', binding);
  state.serviceBindings.put({ ...binding, lastOperation: operation(state, 'delete', 'in progress') });
};

export const deleteBinding = (state: State, guid: string): void => {
  const binding = state.serviceBindings.get(guid);
  if (binding) {
    recordOfBinding(state, 'delete', binding);
    state.serviceBindings.delete(guid);
  }
};

/** The bindings in question that a broker has yet to create. */
export const unfinishedBindings = (
  state: State,
  isMeant: (binding: ServiceBinding) => boolean,
): readonly ServiceBinding[] =>
  state.serviceBindings.where(
    (binding) =>
      binding.lastOperation.type === 'create' &&
      binding.lastOperation.state === 'in progress' &&
      isManaged(state, binding) &&
      isMeant(binding),
  );

/** The bindings in question that a broker knows of, and must remove, too. */
export const brokeredBindings = (
  state: State,
  isMeant: (binding: ServiceBinding) => boolean,
): readonly ServiceBinding[] => state.serviceBindings.where((binding) => isManaged(state, binding) && isMeant(binding));

/** A binding, as its broker is told. */
export const brokeredBinding = (state: State, binding: ServiceBinding): BrokeredBinding => {
  const instance = state.serviceInstances.expect(binding.serviceInstanceGuid);
  const offering = offeringOf(state, instance);
  return {
    guid: binding.guid,
    instance: brokered(state, instance),
    appGuid: binding.appGuid,
    parameters: binding.parameters ?? {},
    findInstance: (name) =>
      state.serviceInstances.find(
        (other) =>
          other.name === name &&
          spacesOf(other).includes(instance.spaceGuid) &&
          offeringOf(state, other)?.guid === offering?.guid,
      )?.guid,
  };
};

export const finishBinding = (state: State, guid: string, { credentials, syslogDrainUrl }: Bound): void => {
  const binding = state.serviceBindings.get(guid);
  if (binding) {
    const lastOperation = operation(state, 'create', 'succeeded', binding.lastOperation);
    recordOfBinding(state, 'create', binding);
    state.serviceBindings.put({ ...binding, updatedAt: state.now(), credentials, syslogDrainUrl, lastOperation });
  }
};

export const failBinding = (state: State, guid: string, reason: string): void => {
  const binding = state.serviceBindings.get(guid);
  if (binding) state.serviceBindings.put({ ...binding, lastOperation: failed(state, binding.lastOperation, reason) });
};
