import { recordOfService, requested } from './events';
import { operation } from './last-operation';
import { mergeMetadata, type MetadataPatch } from './metadata';
import type { Access } from './permissions';
import type { ServiceInstance } from './records';
import { putInstance, requireFreeName, requireShortTags, requireWritableSpace } from './service-instances';
import type { State } from './state';

export interface UserProvidedFields {
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
  requireWritableSpace(state, access, command.spaceGuid);
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
