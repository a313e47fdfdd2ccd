/** The calls that jobs make to brokers, and their progress. */
import {
  BrokerFailure,
  type Broker,
  type BrokerAddress,
  type Parameters,
  type RemoteBroker,
  type Bound,
  type BrokeredInstance,
  type BrokeredUpdate,
  type Progress,
  type Provisioned,
} from './broker';
import { brokerUnanswered } from './errors';
import { brokerOfInstance } from './marketplace';
import type { Access } from './permissions';
import type { ServiceBroker, ServiceInstance, LastOperation, Row, ServiceBinding, Space } from './records';
import { brokered, beginDeprovisioning, type ManagedUpdate } from './managed-instances';
import type { State, Table } from './state';
import { pause } from './clock';
import { brokeredBinding, brokeredBindings, finishBinding, spaceOfBinding } from './service-bindings';
import { operation } from './service-instances';

/** Makes a client for a registered broker. */
export type Connect = (address: BrokerAddress) => RemoteBroker;

/** Finds the broker to call: the built-in one, or a registered one. */
export class Brokers {
  public constructor(
    private readonly state: State,
    private readonly own: Broker,
    private readonly connect: Connect,
  ) {}

  /** `undefined` for the built-in broker. */
  public remote({ address }: ServiceBroker): RemoteBroker | undefined {
    return address && this.connect(address);
  }

  public named(brokerGuid: string): Broker | undefined {
    const broker = this.state.serviceBrokers.get(brokerGuid);
    return broker && (this.remote(broker) ?? this.own);
  }

  /** The broker's parameters for an instance or one of its bindings; `undefined` for the built-in broker. */
  public async parameters(
    { actor }: Access,
    instance: ServiceInstance,
    bindingGuid?: string,
  ): Promise<Parameters | undefined> {
    try {
      const remote = this.remoteOf(instance);
      return await remote?.fetchParameters(actor.userGuid, brokered(this.state, instance), bindingGuid);
    } catch (error) {
      throw error instanceof BrokerFailure ? brokerUnanswered(error.message) : error;
    }
  }

  public of(instance: ServiceInstance): Broker {
    return this.remoteOf(instance) ?? this.own;
  }

  private remoteOf(instance: ServiceInstance): RemoteBroker | undefined {
    const broker = brokerOfInstance(this.state, instance);
    return broker && this.remote(broker);
  }
}

/** What a broker may have created in a failed call; it must be told to undo it. */
export interface Orphan {
  readonly guid: string;
  readonly brokerGuid: string;
  readonly instance: BrokeredInstance;
  /** @default - the orphan is the instance itself */
  readonly bindingGuid?: string;
}

export interface Around {
  readonly state: State;
  readonly brokers: Brokers;
  /** The user who started the job; absent when an orphan is removed. */
  readonly userGuid?: string;
  /** The orphans of this job, for the transaction in which it fails. */
  readonly orphans: Orphan[];
  /** Aborted when the foundation stops. */
  readonly signal: AbortSignal;
  transact(work: (state: State) => void): void;
  /** Records what has already happened; see `Recorder`. */
  record(work: (state: State) => void): Promise<void>;
}

type Operated = Row & { readonly lastOperation: LastOperation };

/** Keeps the progress of an operation in its row, so it survives a restart. */
const progressOf = (
  around: Around,
  kind: 'serviceInstances' | 'serviceBindings',
  guid: string,
  type: LastOperation['type'],
): Progress => {
  const { state, userGuid, signal } = around;
  const tableOf = (now: State) => now[kind] as unknown as Table<Operated>;
  const before = tableOf(state).get(guid)?.lastOperation;
  return {
    operation: before?.type === type && before.state === 'in progress' ? before.brokerOperation : undefined,
    userGuid,
    signal,
    report: (brokerOperation, description) =>
      around.record((after) => {
        const row = tableOf(after).get(guid);
        if (row) {
          const current = operation(after, type, 'in progress', row.lastOperation);
          const lastOperation = { ...current, description: description ?? current.description, brokerOperation };
          tableOf(after).put({ ...row, lastOperation });
        }
      }),
  };
};

const orphanOf = (state: State, instance: ServiceInstance, bindingGuid?: string): Orphan => ({
  guid: bindingGuid ?? instance.guid,
  brokerGuid: brokerOfInstance(state, instance)?.guid ?? '',
  instance: brokered(state, instance),
  bindingGuid,
});

/** Bindings that were created, but can't stay. */
export const orphansOf = (state: State, bindings: readonly string[]): readonly Orphan[] =>
  bindings.map((guid) => {
    const { serviceInstanceGuid } = state.serviceBindings.expect(guid);
    return orphanOf(state, state.serviceInstances.expect(serviceInstanceGuid), guid);
  });

/** Notes an orphan if the call fails in a way that may have left one. */
const noting = async <T>({ orphans }: Around, orphan: Orphan, call: Promise<T>): Promise<T> => {
  try {
    return await call;
  } catch (error) {
    if (error instanceof BrokerFailure && error.isOrphaning) orphans.push(orphan);
    throw error;
  }
};

export const provision = (around: Around, guid: string): Promise<Provisioned> => {
  const { state, brokers } = around;
  const instance = state.serviceInstances.expect(guid);
  const progress = progressOf(around, 'serviceInstances', guid, 'create');
  return noting(around, orphanOf(state, instance), brokers.of(instance).provision(brokered(state, instance), progress));
};

export const update = (around: Around, work: ManagedUpdate): Promise<Provisioned> => {
  const { state, brokers } = around;
  const instance = state.serviceInstances.expect(work.guid);
  const wanted: BrokeredUpdate = {
    ...brokered(state, instance, work),
    previousPlanId: brokered(state, instance).planId,
  };
  return brokers.of(instance).update(wanted, progressOf(around, 'serviceInstances', work.guid, 'update'));
};

export type BoundByGuid = ReadonlyMap<string, Bound>;

export const bind = async (around: Around, bindings: readonly ServiceBinding[]): Promise<BoundByGuid> => {
  const { state, brokers } = around;
  const bound = new Map<string, Bound>();
  for (const binding of bindings) {
    const instance = state.serviceInstances.expect(binding.serviceInstanceGuid);
    const progress = progressOf(around, 'serviceBindings', binding.guid, 'create');
    const call = brokers.of(instance).bind(brokeredBinding(state, binding), progress);
    bound.set(binding.guid, await noting(around, orphanOf(state, instance, binding.guid), call));
  }
  return bound;
};

export const finishBindings = (state: State, bound: BoundByGuid): void => {
  for (const [guid, made] of bound) finishBinding(state, guid, made);
};

/** Adds the instance's name to a broker's message. */
const aboutInstance = ({ name }: ServiceInstance, { message }: BrokerFailure): BrokerFailure =>
  new BrokerFailure(`Service instance ${name}: ${message}`);

export const unbind = async (around: Around, isMeant: (binding: ServiceBinding) => boolean): Promise<void> => {
  const { state, brokers } = around;
  for (const { guid, serviceInstanceGuid, credentials } of brokeredBindings(state, isMeant)) {
    const instance = state.serviceInstances.expect(serviceInstanceGuid);
    const progress = progressOf(around, 'serviceBindings', guid, 'delete');
    try {
      await brokers.of(instance).unbind({ guid, instance: brokered(state, instance), credentials }, progress);
    } catch (error) {
      throw error instanceof BrokerFailure ? aboutInstance(instance, error) : error;
    }
  }
};

/** Has brokers remove what they created for the instances, bindings first. */
export const deprovision = async (around: Around, isMeant: (instance: ServiceInstance) => boolean): Promise<void> => {
  const managed = around.state.serviceInstances.where((instance) => instance.type === 'managed' && isMeant(instance));
  for (const instance of managed) {
    around.transact((state) => beginDeprovisioning(state, instance));
    await unbind(around, ({ serviceInstanceGuid }) => serviceInstanceGuid === instance.guid);
    const progress = progressOf(around, 'serviceInstances', instance.guid, 'delete');
    try {
      await around.brokers.of(instance).deprovision(brokered(around.state, instance), progress);
    } catch (error) {
      throw error instanceof BrokerFailure ? aboutInstance(instance, error) : error;
    }
  }
};

/** Has brokers remove what they created in these spaces, and for the applications there. */
export const clearSpaces = async (around: Around, isMeant: (space: Space) => boolean): Promise<void> => {
  const spaces = around.state.spaces.where(isMeant).map(({ guid }) => guid);
  await unbind(around, (binding) => spaces.includes(spaceOfBinding(around.state, binding)));
  await deprovision(around, ({ spaceGuid }) => spaces.includes(spaceGuid));
};

/** Milliseconds before the second attempt; the wait doubles with each later one. */
const FIRST_PAUSE = 1000;
const ATTEMPTS = 10;

/**
 * Retries until the broker succeeds, or no longer exists, up to a number of attempts.
 *
 * @see https://github.com/openservicebrokerapi/servicebroker/blob/v2.17/spec.md#orphan-mitigation
 */
export const removeOrphan = async (
  { state, brokers, signal }: Around,
  { brokerGuid, instance, bindingGuid }: Orphan,
): Promise<void> => {
  // Nobody sees this operation, so its progress isn't kept.
  const progress: Progress = { operation: undefined, signal, report: () => Promise.resolve() };
  for (let attempt = 1; ; attempt++) {
    try {
      const broker = brokers.named(brokerGuid);
      await (bindingGuid === undefined
        ? broker?.deprovision(instance, progress)
        : broker?.unbind({ guid: bindingGuid, instance, credentials: {} }, progress));
      return;
    } catch (error) {
      if (attempt === ATTEMPTS || !(error instanceof BrokerFailure)) throw error;
      await pause(state.clock, FIRST_PAUSE * 2 ** (attempt - 1), signal);
    }
  }
};
