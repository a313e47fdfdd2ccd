import { CloudError, notAuthorized, notFound, operationInProgress, unprocessable } from './errors';
import { recordOfService } from './events';
import { isBusy } from './last-operation';
import { offeringOf } from './marketplace';
import { mergeMetadata, NO_METADATA, type MetadataPatch } from './metadata';
import type { Access, Action } from './permissions';
import type { ServiceInstance } from './records';
import type { State } from './state';

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

export const requireWritableSpace = (state: State, access: Access, spaceGuid: string): void => {
  if (!state.spaces.get(spaceGuid) || !access.inSpace('space:read', spaceGuid)) {
    throw unprocessable('Invalid space. Ensure that the space exists and you have access to it.');
  }
  if (!access.inSpace('service:write', spaceGuid)) throw notAuthorized();
};

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
