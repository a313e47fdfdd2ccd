/** What the foundation remembers of brokers, of what they offer, and of what was made of it. */
import type { BrokerAddress, CatalogOffering, CatalogPlan, Credentials, Parameters } from './broker';
import type { Described } from './row';

/** What is under way with a broker, or that its catalog could not be had: there is nothing to order from it. */
export type BrokerState = 'synchronizing' | 'failed' | 'deleting';

export interface ServiceBroker extends Described {
  readonly name: string;
  /** Absent: it is a part of the foundation. */
  readonly address?: BrokerAddress;
  /** Of one that is a space's own. */
  readonly spaceGuid?: string;
  readonly state?: BrokerState;
}

export interface ServiceOffering extends Described, Omit<CatalogOffering, 'id' | 'plans'> {
  readonly catalogId: string;
  readonly brokerGuid: string;
  /** The broker offers it no more: what there is of it stays. */
  readonly retired?: boolean;
}

/** Who may make instances: everybody, an admin alone, the organizations that are named, or one space. */
export interface PlanVisibility {
  readonly type: 'public' | 'admin' | 'organization' | 'space';
  readonly organizations: readonly string[];
  readonly spaceGuid?: string;
}

export interface ServicePlan extends Described, Omit<CatalogPlan, 'id'> {
  readonly catalogId: string;
  readonly offeringGuid: string;
  readonly visibility: PlanVisibility;
  readonly retired?: boolean;
}

export interface LastOperation {
  readonly type: 'create' | 'update' | 'delete';
  readonly state: 'in progress' | 'succeeded' | 'failed';
  readonly description: string;
  readonly createdAt: string;
  readonly updatedAt: string;
  /** The broker is at it behind its answer: its own name for it, which may be empty. */
  readonly brokerOperation?: string;
}

export interface ServiceInstance extends Described {
  readonly type: 'user-provided' | 'managed';
  readonly name: string;
  readonly spaceGuid: string;
  readonly planGuid?: string;
  /** Of a managed one: what the broker was told. */
  readonly parameters?: Parameters;
  readonly dashboardUrl?: string;
  /** Other spaces that may bind it. */
  readonly sharedSpaces?: readonly string[];
  /** Of a user-provided one: those of a managed one are its bindings'. */
  readonly credentials: Credentials;
  readonly tags: readonly string[];
  readonly syslogDrainUrl: string | null;
  readonly routeServiceUrl: string | null;
  readonly lastOperation: LastOperation;
}

export interface ServiceBinding extends Described {
  readonly type: 'app' | 'key';
  readonly name: string | null;
  readonly serviceInstanceGuid: string;
  readonly appGuid?: string;
  readonly parameters?: Parameters;
  readonly credentials: Credentials;
  /** Of a managed instance: its broker's. */
  readonly syslogDrainUrl?: string;
  readonly lastOperation: LastOperation;
}

/** Requests to the route go to the service first. */
export interface RouteBinding extends Described {
  readonly routeGuid: string;
  readonly serviceInstanceGuid: string;
  /** The instance's when it was bound. */
  readonly routeServiceUrl: string;
}
