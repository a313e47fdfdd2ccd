import { notAuthorized, unprocessable } from './errors';
import { mergeMetadata, NO_METADATA, type MetadataPatch } from './metadata';
import type { Access } from './permissions';
import type { ServiceBinding, ServiceInstance } from './records';
import { operation, requireIdle } from './service-instances';
import type { State } from './state';

export interface BindingCommand {
  readonly type: 'app' | 'key';
  readonly name?: string | null;
  readonly serviceInstanceGuid: string;
  readonly appGuid?: string;
  readonly metadata?: MetadataPatch | null;
}

const requireUsable = (instance: ServiceInstance): void => {
  requireIdle(instance);
  if (instance.type === 'managed' && instance.lastOperation.state === 'failed') {
    throw unprocessable('Service instance not found');
  }
};

const addKey = (state: State, instance: ServiceInstance, command: BindingCommand): ServiceBinding => {
  if (instance.type === 'user-provided') {
    throw unprocessable(
      "Service credential bindings of type 'key' are not supported for user-provided service instances.",
    );
  }
  const name = command.name ?? null;
  if (name === null) {
    throw unprocessable("Name can't be blank");
  }
  if (
    state.serviceBindings.find((b) => b.serviceInstanceGuid === instance.guid && b.type === 'key' && b.name === name)
  ) {
    throw unprocessable(
      `The binding name is invalid. Key binding names must be unique. The service instance already has a key binding with name '${name}'.`,
    );
  }
  return state.serviceBindings.put({
    ...state.stamp(),
    type: 'key',
    name,
    serviceInstanceGuid: instance.guid,
    credentials: instance.credentials,
    lastOperation: operation(state, 'create', 'succeeded'),
    metadata: mergeMetadata(NO_METADATA, command.metadata),
  });
};

const addAppBinding = (state: State, instance: ServiceInstance, command: BindingCommand): ServiceBinding => {
  const app = state.apps.get(command.appGuid);
  if (!app) {
    throw unprocessable(`The app could not be found: ${command.appGuid ?? ''}`);
  }
  if (app.spaceGuid !== instance.spaceGuid) {
    throw unprocessable('The service instance and the app are in different spaces');
  }
  const bound = state.serviceBindings.ofApp(app.guid);
  if (bound.some((binding) => binding.serviceInstanceGuid === instance.guid)) {
    throw unprocessable('The app is already bound to the service instance');
  }
  const name = command.name ?? null;
  if (name !== null && bound.some((binding) => binding.name === name)) {
    throw unprocessable(
      `The binding name is invalid. App binding names must be unique. The app already has a binding with name '${name}'.`,
    );
  }
  return state.serviceBindings.put({
    ...state.stamp(),
    type: 'app',
    name,
    serviceInstanceGuid: instance.guid,
    appGuid: app.guid,
    credentials: instance.credentials,
    lastOperation: operation(state, 'create', 'succeeded'),
    metadata: mergeMetadata(NO_METADATA, command.metadata),
  });
};

/** Without asking who wants it: for a manifest, which has asked already. */
export const addBinding = (state: State, instance: ServiceInstance, command: BindingCommand): ServiceBinding => {
  requireUsable(instance);
  return command.type === 'key' ? addKey(state, instance, command) : addAppBinding(state, instance, command);
};

export const requireBindable = (state: State, access: Access, command: BindingCommand): ServiceInstance => {
  const instance = state.serviceInstances.get(command.serviceInstanceGuid);
  if (!instance || !access.inSpace('service:read', instance.spaceGuid)) {
    throw unprocessable(`The service instance could not be found: '${command.serviceInstanceGuid}'`);
  }
  if (!access.inSpace('service:write', instance.spaceGuid)) {
    throw notAuthorized();
  }
  return instance;
};
