/** What the foundation remembers of brokers, of what they offer, and of what was made of it. */
import type { BrokerAddress, CatalogOffering, CatalogPlan, Credentials, Parameters } from './broker';
import type { Described } from './app-records';

/** An operation in progress, or a catalog that couldn't be fetched; in either case, the broker offers nothing. */
export type BrokerState = 'synchronizing' | 'failed' | 'deleting';

export interface ServiceBroker extends Described {
  readonly name: string;
  /** Absent for the built-in broker. */
  readonly address?: BrokerAddress;
  /** For a space-scoped broker. */
  readonly spaceGuid?: string;
  readonly state?: BrokerState;
}

export interface ServiceOffering extends Described, Omit<CatalogOffering, 'id' | 'plans'> {
  readonly catalogId: string;
  readonly brokerGuid: string;
  /** The broker no longer offers the plan, but existing instances stay. */
  readonly retired?: boolean;
}

/** Who may create instances: everyone, admins only, some organizations, or one space. */
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
  /** The broker's own name, possibly empty, for an asynchronous operation. */
  readonly brokerOperation?: string;
}

export interface ServiceInstance extends Described {
  readonly type: 'user-provided' | 'managed';
  readonly name: string;
  readonly spaceGuid: string;
  readonly planGuid?: string;
  /** For a managed instance, the parameters that the broker was given. */
  readonly parameters?: Parameters;
  readonly dashboardUrl?: string;
  /** Other spaces whose applications may bind it. */
  readonly sharedSpaces?: readonly string[];
  /** For a user-provided instance; those of a managed one are in its bindings. */
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
  /** For a managed instance, the URL that its broker returned. */
  readonly syslogDrainUrl?: string;
  readonly lastOperation: LastOperation;
}

/** A route service: requests to the route go through the service first. */
export interface RouteBinding extends Described {
  readonly routeGuid: string;
  readonly serviceInstanceGuid: string;
  /** The instance's URL at the time of binding. */
  readonly routeServiceUrl: string;
}
