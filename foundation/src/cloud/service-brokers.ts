/** Registered brokers: an admin registers global ones, a developer space-scoped ones. */
import type { BrokerAddress, CatalogOffering } from './broker';
import { brokerNotRemovable, notFound, unprocessable } from './errors';
import { brokerHasInstances, synchronizeCatalog } from './marketplace';
import { mergeMetadata, NO_METADATA, type MetadataPatch } from './metadata';
import type { Access } from './permissions';
import type { BrokerState, ServiceBroker } from './records';
import type { State } from './state';

export const isBrokerReadable = (access: Access, { spaceGuid }: ServiceBroker): boolean =>
  spaceGuid === undefined ? access.everywhere('broker:read') : access.inSpace('broker:read', spaceGuid);

export const requireBroker = (state: State, access: Access, guid: string): ServiceBroker => {
  const broker = state.serviceBrokers.get(guid);
  if (!broker || !isBrokerReadable(access, broker)) throw notFound('Service broker');
  return broker;
};

const requireFreeName = (state: State, name: string, except?: string): void => {
  if (state.serviceBrokers.find((other) => other.name === name && other.guid !== except)) {
    throw unprocessable('Name must be unique');
  }
};

/** The built-in broker can't be changed. */
const requireRegistered = ({ name, address }: ServiceBroker): void => {
  if (!address) throw unprocessable(`The service broker ${name} is built in: you can't change or delete it`);
};

const isBusy = ({ state }: ServiceBroker): boolean => state === 'synchronizing' || state === 'deleting';

export interface BrokerCommand extends BrokerAddress {
  readonly name: string;
  readonly spaceGuid?: string;
  readonly metadata?: MetadataPatch | null;
}

export const createBroker = (state: State, access: Access, command: BrokerCommand): ServiceBroker => {
  const { name, url, username, password, spaceGuid, metadata } = command;
  if (spaceGuid === undefined) access.require('broker:write');
  else access.requirePlace('broker:write', spaceGuid);
  requireFreeName(state, name);
  return state.serviceBrokers.put({
    ...state.stamp(),
    name,
    address: { url, username, password },
    ...(spaceGuid === undefined ? {} : { spaceGuid }),
    state: 'synchronizing',
    metadata: mergeMetadata(NO_METADATA, metadata),
  });
};

const defined = <T extends object>(fields: T): T =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T;

/** A change of a broker, applied once its catalog has been read. */
export interface BrokerUpdate {
  readonly guid: string;
  readonly name?: string;
  readonly address?: BrokerAddress;
  readonly metadata?: MetadataPatch | null;
  /** The state to restore if the catalog can't be read. */
  readonly before?: BrokerState;
}

export type BrokerPatch = Partial<BrokerAddress> & Pick<BrokerUpdate, 'name' | 'metadata'>;

/** Changes labels and annotations at once; any other change takes effect once the catalog has been read. */
export const updateBroker = (
  state: State,
  access: Access,
  guid: string,
  { name, metadata, ...address }: BrokerPatch,
): ServiceBroker | BrokerUpdate => {
  const broker = state.serviceBrokers.get(guid);
  if (!broker) throw notFound('Service broker');
  if (broker.spaceGuid === undefined) access.require('broker:write');
  else access.requirePlace('broker:write', broker.spaceGuid);
  requireRegistered(broker);
  const moves = Object.values<string | undefined>(address).some((value) => value !== undefined);
  if (name === undefined && !moves) {
    return state.serviceBrokers.put({
      ...broker,
      updatedAt: state.now(),
      metadata: mergeMetadata(broker.metadata, metadata),
    });
  }
  if (name !== undefined) requireFreeName(state, name, guid);
  if (isBusy(broker)) throw unprocessable('Cannot update a broker when other operation is already in progress');
  state.serviceBrokers.put({ ...broker, state: 'synchronizing' });
  const { url, username, password } = { ...broker.address, ...defined(address) } as BrokerAddress;
  return {
    guid,
    metadata,
    ...(name === undefined ? {} : { name }),
    ...(moves ? { address: { url, username, password } } : {}),
    ...(broker.state === undefined ? {} : { before: broker.state }),
  };
};

/** Updates the broker, its offerings, and its plans; returns warnings. */
export const finishBroker = (
  state: State,
  { guid, name, address, metadata }: BrokerUpdate,
  catalog: readonly CatalogOffering[] | undefined,
): readonly string[] => {
  const broker = state.serviceBrokers.get(guid);
  if (!broker) return [];
  const after = state.serviceBrokers.put({
    ...broker,
    ...(address ? { address } : {}),
    updatedAt: state.now(),
    name: name ?? broker.name,
    metadata: mergeMetadata(broker.metadata, metadata),
    state: undefined,
  });
  return catalog ? synchronizeCatalog(state, after, catalog) : [];
};

export const leaveBroker = (state: State, guid: string, left: BrokerState | undefined): void => {
  const broker = state.serviceBrokers.get(guid);
  if (broker) state.serviceBrokers.put({ ...broker, state: left });
};

/** Marks the broker as being deleted; the job does the rest. */
export const beginBrokerRemoval = (state: State, access: Access, guid: string): void => {
  const broker = state.serviceBrokers.get(guid);
  if (!broker) throw notFound('Service broker');
  const { spaceGuid } = broker;
  const sees = spaceGuid === undefined ? access.everywhere('broker:read') : access.inSpace('space:read', spaceGuid);
  if (!sees) throw notFound('Service broker');
  if (spaceGuid === undefined) access.require('broker:write');
  else access.requirePlace('broker:write', spaceGuid);
  requireRegistered(broker);
  if (brokerHasInstances(state, broker)) {
    throw brokerNotRemovable(`Can not remove brokers that have associated service instances: ${broker.name}`);
  }
  leaveBroker(state, guid, 'deleting');
};

/** Refuses new instances while a broker's catalog is being read, or if it couldn't be. */
export const requireAvailable = ({ state }: ServiceBroker): void => {
  if (state !== undefined) {
    throw unprocessable(
      'The service instance cannot be created because there is an operation in progress for the service broker.',
    );
  }
};
