export type Credentials = Readonly<Record<string, unknown>>;
export type Parameters = Readonly<Record<string, unknown>>;

/** As the broker's catalog has it; a plan's schema is JSON Schema. */
export interface CatalogPlan {
  /** The broker's own: a plan with another name is the same as long as this is. */
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly free: boolean;
  /** @default - as the offering */
  readonly bindable?: boolean;
  /** @default - as the offering */
  readonly planUpdateable?: boolean;
  /** Seconds that an operation behind an answer may take. */
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
  /** Whether the parameters of an instance can be asked for. */
  readonly instancesRetrievable: boolean;
  readonly bindingsRetrievable: boolean;
  readonly allowContextUpdates?: boolean;
  readonly extra?: object;
  readonly plans: readonly CatalogPlan[];
}

/** Where an instance is: brokers are told, to say what it is for. */
export interface Place {
  readonly organizationGuid: string;
  readonly organizationName: string;
  readonly spaceGuid: string;
  readonly spaceName: string;
}

/** What a managed service instance is to be. */
export interface BrokeredInstance {
  readonly guid: string;
  readonly name: string;
  readonly offering: string;
  readonly offeringId: string;
  readonly plan: string;
  readonly planId: string;
  readonly place: Place;
  readonly parameters: Parameters;
  /** What the offering needs the platform to do, such as `syslog_drain`. */
  readonly requires?: readonly string[];
  readonly bindingsRetrievable: boolean;
  /** Seconds that the broker may take behind its answer. @default - the platform's */
  readonly maximumPollingDuration?: number;
}

export interface BrokeredUpdate extends BrokeredInstance {
  /** Before the update. */
  readonly previousPlanId: string;
}

export interface BrokeredBinding {
  readonly guid: string;
  readonly instance: BrokeredInstance;
  /** Of a key: none. */
  readonly appGuid?: string;
  readonly parameters: Parameters;
  /** The guid of an instance of the same offering that can be used in the same space. */
  readonly findInstance: (name: string) => string | undefined;
}

export interface BrokeredUnbinding extends Pick<BrokeredBinding, 'guid' | 'instance'> {
  readonly credentials: Credentials;
}

/** What an operation that a broker does behind its answer has come to. */
export interface Progress {
  /** Who wants it. */
  readonly userGuid?: string;
  /** The broker has taken it on before this run, under this name of its own (which may be empty). */
  readonly operation: string | undefined;
  /** The broker has taken it on, or says more of it: that is kept and shown. */
  readonly report: (operation: string, description?: string) => Promise<void>;
  /** The foundation ends: what is under way goes on at the next start. */
  readonly signal: AbortSignal;
}

/** What a broker made, besides the thing itself. */
export interface Provisioned {
  readonly dashboardUrl?: string;
}

export interface Bound {
  readonly credentials: Credentials;
  readonly syslogDrainUrl?: string;
}

/** Why a broker did not do what it was asked for, in the platform's words. */
export class BrokerFailure extends Error {
  public override readonly name: string = 'BrokerFailure';

  public constructor(
    message: string,
    /** It may have done it all the same, so that it has to be told to undo it. */
    public readonly isOrphaning = false,
  ) {
    super(message);
  }
}

/** The broker says no; the message is what it says. */
export class BrokerRefusal extends BrokerFailure {
  public override readonly name = 'BrokerRefusal';

  public constructor(message: string, isOrphaning = false) {
    super(`Service broker error: ${message}`, isOrphaning);
  }
}

/**
 * Makes and removes what managed service instances and their bindings stand for. Every call may be repeated: a job may
 * run twice. Each binding has credentials of its own, so that taking one away leaves the others.
 */
export interface Broker {
  provision(instance: BrokeredInstance, progress: Progress): Promise<Provisioned>;
  /** `parameters` are those of this update alone. */
  update(instance: BrokeredUpdate, progress: Progress): Promise<Provisioned>;
  deprovision(instance: BrokeredInstance, progress: Progress): Promise<void>;
  bind(binding: BrokeredBinding, progress: Progress): Promise<Bound>;
  unbind(binding: BrokeredUnbinding, progress: Progress): Promise<void>;
}

/** A part of the foundation. */
export interface OwnBroker extends Broker {
  readonly name: string;
  readonly catalog: readonly CatalogOffering[];
}

/** A program that somebody has registered, asked over HTTP. */
export interface RemoteBroker extends Broker {
  /** What it offers at this moment, as it says it: nothing has been looked at. */
  fetchCatalog(userGuid?: string): Promise<object>;
  /** The parameters that it has for the instance, or for one of its bindings. */
  fetchParameters(userGuid: string, instance: BrokeredInstance, bindingGuid?: string): Promise<Parameters>;
}

/** How a broker is reached. The password is kept as all secrets of the store are, and never shown. */
export interface BrokerAddress {
  readonly url: string;
  readonly username: string;
  readonly password: string;
}
