export type Credentials = Readonly<Record<string, unknown>>;
export type Parameters = Readonly<Record<string, unknown>>;

/** A plan in a broker's catalog; its schemas are JSON Schema. */
export interface CatalogPlan {
  /** The broker's ID, which identifies the plan even if it is renamed. */
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly free: boolean;
  /** @default - the offering's */
  readonly bindable?: boolean;
  /** @default - the offering's */
  readonly planUpdateable?: boolean;
  /** Seconds that an asynchronous operation may take. */
  readonly maximumPollingDuration?: number;
  readonly extra?: object;
  readonly schemas?: {
    readonly create?: object;
    readonly update?: object;
    readonly bind?: object;
  };
}

/** @see https://github.com/openservicebrokerapi/servicebroker/blob/v2.17/spec.md#service-offering-object */
export interface CatalogOffering {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly tags: readonly string[];
  readonly requires?: readonly string[];
  readonly shareable: boolean;
  /** @default true */
  readonly bindable?: boolean;
  readonly planUpdateable: boolean;
  /** Whether the broker returns the parameters of an instance. */
  readonly instancesRetrievable: boolean;
  readonly bindingsRetrievable: boolean;
  readonly allowContextUpdates?: boolean;
  readonly extra?: object;
  readonly plans: readonly CatalogPlan[];
}

/** Where an instance is, as brokers are told. */
export interface Place {
  readonly organizationGuid: string;
  readonly organizationName: string;
  readonly spaceGuid: string;
  readonly spaceName: string;
}

/** A managed service instance, as its broker is told. */
export interface BrokeredInstance {
  readonly guid: string;
  readonly name: string;
  readonly offering: string;
  readonly offeringId: string;
  readonly plan: string;
  readonly planId: string;
  readonly place: Place;
  readonly parameters: Parameters;
  /** Features of the platform that the offering requires, such as `syslog_drain`. */
  readonly requires?: readonly string[];
  readonly bindingsRetrievable: boolean;
  /**
   * Seconds that an asynchronous operation may take.
   *
   * @default - the platform's limit
   */
  readonly maximumPollingDuration?: number;
}

export interface BrokeredUpdate extends BrokeredInstance {
  /** The plan before the update. */
  readonly previousPlanId: string;
}

export interface BrokeredBinding {
  readonly guid: string;
  readonly instance: BrokeredInstance;
  /** Absent for a key. */
  readonly appGuid?: string;
  readonly parameters: Parameters;
  /** Returns the GUID of an instance of the same offering that is usable in the same space. */
  readonly findInstance: (name: string) => string | undefined;
}

export interface BrokeredUnbinding extends Pick<BrokeredBinding, 'guid' | 'instance'> {
  readonly credentials: Credentials;
}

/** The progress of an asynchronous operation of a broker. */
export interface Progress {
  /** The user who requested the operation. */
  readonly userGuid?: string;
  /** The broker's own name, possibly empty, for an operation that it accepted before this run. */
  readonly operation: string | undefined;
  /** Keeps and shows that the broker has accepted the operation, and what it says about it. */
  readonly report: (operation: string, description?: string) => Promise<void>;
  /** Aborted when the foundation stops; the next start continues the operation. */
  readonly signal: AbortSignal;
}

/** What a broker returns for a new instance. */
export interface Provisioned {
  readonly dashboardUrl?: string;
}

export interface Bound {
  readonly credentials: Credentials;
  readonly syslogDrainUrl?: string;
}

/** A failed call to a broker, with the platform's message. */
export class BrokerFailure extends Error {
  public override readonly name: string = 'BrokerFailure';

  public constructor(
    message: string,
    /** Whether the broker may have done it anyway, so it must be told to undo it. */
    public readonly isOrphaning = false,
  ) {
    super(message);
  }
}

/** The broker refused, with its own message. */
export class BrokerRefusal extends BrokerFailure {
  public override readonly name = 'BrokerRefusal';

  public constructor(message: string, isOrphaning = false) {
    super(`Service broker error: ${message}`, isOrphaning);
  }
}

/**
 * Creates and removes the services behind managed instances and their bindings. Every call must be idempotent, since a
 * job may run twice. Each binding has its own credentials, so removing one does not affect the others.
 */
export interface Broker {
  provision(instance: BrokeredInstance, progress: Progress): Promise<Provisioned>;
  /** `parameters` are those of this update only. */
  update(instance: BrokeredUpdate, progress: Progress): Promise<Provisioned>;
  deprovision(instance: BrokeredInstance, progress: Progress): Promise<void>;
  bind(binding: BrokeredBinding, progress: Progress): Promise<Bound>;
  unbind(binding: BrokeredUnbinding, progress: Progress): Promise<void>;
}

/** A broker that is built into the foundation. */
export interface OwnBroker extends Broker {
  readonly name: string;
  readonly catalog: readonly CatalogOffering[];
}

/** A registered broker, called over HTTP. */
export interface RemoteBroker extends Broker {
  /** Fetches the current catalog, unchecked. */
  fetchCatalog(userGuid?: string): Promise<object>;
  /** Fetches the broker's parameters for the instance, or for one of its bindings. */
  fetchParameters(userGuid: string, instance: BrokeredInstance, bindingGuid?: string): Promise<Parameters>;
}

/** How to call a broker. The password is stored like the store's other secrets, and never shown. */
export interface BrokerAddress {
  readonly url: string;
  readonly username: string;
  readonly password: string;
}
