export type Credentials = Readonly<Record<string, unknown>>;
export type Parameters = Readonly<Record<string, unknown>>;

/** As the broker's catalog has it; a plan's schema is JSON Schema. */
export interface CatalogPlan {
  readonly name: string;
  readonly description: string;
  readonly free: boolean;
  readonly schemas?: {
    readonly create?: object;
    readonly update?: object;
    readonly bind?: object;
  };
}

/** @see https://github.com/openservicebrokerapi/servicebroker/blob/v2.17/spec.md#service-offering-object */
export interface CatalogOffering {
  readonly name: string;
  readonly description: string;
  readonly tags: readonly string[];
  readonly shareable: boolean;
  readonly planUpdateable: boolean;
  /** Whether the parameters of an instance can be asked for. */
  readonly instancesRetrievable: boolean;
  readonly bindingsRetrievable: boolean;
  readonly plans: readonly CatalogPlan[];
}

/** What a managed service instance is to be. */
export interface BrokeredInstance {
  readonly guid: string;
  readonly offering: string;
  readonly plan: string;
  readonly parameters: Parameters;
}

export interface BrokeredBinding {
  readonly guid: string;
  readonly instance: BrokeredInstance;
  readonly parameters: Parameters;
  /** The guid of an instance of the same offering that can be used in the same space. */
  readonly findInstance: (name: string) => string | undefined;
}

/** The broker says no; the message is what it says. */
export class BrokerRefusal extends Error {
  public override readonly name = 'BrokerRefusal';
}

/**
 * Makes and removes what managed service instances and their bindings stand for. Every call may be repeated: a job may
 * run twice. Each binding has credentials of its own, so that taking one away leaves the others.
 */
export interface Broker {
  readonly name: string;
  readonly catalog: readonly CatalogOffering[];
  provision(instance: BrokeredInstance): Promise<void>;
  /** `parameters` are those of this update alone. */
  update(instance: BrokeredInstance): Promise<void>;
  deprovision(instanceGuid: string): Promise<void>;
  bind(binding: BrokeredBinding): Promise<Credentials>;
  unbind(binding: {
    readonly guid: string;
    readonly instanceGuid: string;
    readonly credentials: Credentials;
  }): Promise<void>;
}
