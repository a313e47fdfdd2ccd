import { BrokerFailure, type Broker, type BrokerAddress, type Parameters, type RemoteBroker } from './broker';
import { brokerUnanswered } from './errors';
import { brokerOfInstance } from './marketplace';
import type { Access } from './permissions';
import type { ServiceBroker, ServiceInstance } from './records';
import { brokered } from './managed-instances';
import type { State } from './state';

/** How a registered broker is spoken to. */
export type Connect = (address: BrokerAddress) => RemoteBroker;

/** Whom to ask: the foundation's own broker, or the one that somebody has registered. */
export class Brokers {
  public constructor(
    private readonly state: State,
    private readonly own: Broker,
    private readonly connect: Connect,
  ) {}

  /** `undefined`: it is the foundation's own. */
  public remote({ address }: ServiceBroker): RemoteBroker | undefined {
    return address && this.connect(address);
  }

  public named(brokerGuid: string): Broker | undefined {
    const broker = this.state.serviceBrokers.get(brokerGuid);
    return broker && (this.remote(broker) ?? this.own);
  }

  /** Of an instance or one of its bindings, as its broker has them; `undefined`: what the foundation knows is all. */
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
