import { BrokerFailure, type Broker, type BrokerAddress, type Parameters, type RemoteBroker } from './broker';
import { brokerUnanswered } from './errors';
import { brokerOfInstance } from './marketplace';
import type { Access } from './permissions';
import type { ServiceBroker, ServiceInstance } from './records';
import { brokered } from './managed-instances';
import type { State } from './state';

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
