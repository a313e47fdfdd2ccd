import { DataCloudfoundryServiceInstance } from '@cdktf/provider-cloudfoundry/lib/data-cloudfoundry-service-instance';
import { ServiceInstance, type ServiceInstanceConfig } from '@cdktf/provider-cloudfoundry/lib/service-instance';
import { Fn } from 'cdktf';
import { Construct, type IConstruct } from 'constructs';
import { servicePlan } from './private/lookups';
import { isMade, readyOf } from './private/internals';
import { after } from './private/order';
import { resolvedOnce } from './private/resolved-once';
import type { HostOfService, ServiceHost } from './values/service-destination';
import { ServiceHosts } from './service-host';
import type { ISpace } from './space';
import { checkKnown, isToken } from './private/tokens';

/** A service instance that applications of its space can be bound to. */
export interface IService extends IConstruct {
  readonly serviceName: string;
  readonly space: ISpace;
  /** Changes with the credentials, if Cloud Foundry doesn't restart the bound applications by itself. */
  readonly credentialsHash?: string;
}

export interface ServiceProps {
  readonly space: ISpace;
  /** The name under which an application finds it in VCAP_SERVICES; unique in its space. */
  readonly serviceName: string;
  readonly kind: ServiceKind;
}

/** Where a service comes from. */
export abstract class ServiceKind {
  /** Created by the platform's broker from its marketplace. */
  static managed(offering: string, plan: string, parameters?: Readonly<Record<string, unknown>>): ServiceKind {
    return new ManagedService(offering, plan, parameters);
  }

  /** Your own credentials. Pass secrets as sensitive Terraform variables. The state contains all of them. */
  static userProvided(credentials: Readonly<Record<string, unknown>>): ServiceKind {
    return new UserProvidedService(credentials);
  }

  /**
   * Receives the log of each application that is bound to it. The platform itself sends the lines, so no security group
   * and no proxy stops them. The review shows it.
   *
   * @param url `syslog-tls://HOST:PORT` or `https://HOST/PATH`; a sensitive Terraform variable if it contains a token
   * @throws for an address without TLS, because anyone in between could read the log
   * @see https://docs.cloudfoundry.org/devguide/services/log-management.html
   */
  static drain(url: string): ServiceKind {
    if (!isToken(url) && !/^(?:syslog-tls|https):\/\/[^\s/@:]+(?::\d+)?(?:[/?]\S*)?$/.test(url)) {
      throw new Error(
        `'${url.replace(/\/\/[^/]*@/, '//...@')}' can't be a drain: write syslog-tls://HOST:PORT or https://HOST/PATH, and an address with a password as a ` +
          'sensitive Terraform variable',
      );
    }
    return new Drain(url);
  }

  /** A service that someone else created; only in a space that someone else created. */
  static existing(): ServiceKind {
    return new ExistingService();
  }

  abstract make(scope: Construct, at: { readonly space: ISpace; readonly name: string }): MadeService;
}

interface MadeService {
  /** The id of the instance, if it supports service keys. */
  readonly id?: () => string;
  /** Taken from the resource, so that an application is bound after the service is created. */
  readonly name: string;
  readonly credentialsHash?: string;
}

/**
 * A service instance. Applications name it in `services`.
 *
 * @see https://docs.cloudfoundry.org/devguide/services/
 */
export class Service extends Construct implements IService {
  readonly serviceName: string;
  readonly space: ISpace;
  readonly credentialsHash?: string;
  private readonly name: string;
  private readonly hosts?: ServiceHosts;

  constructor(scope: Construct, id: string, props: ServiceProps) {
    super(scope, id);
    const { space, kind } = props;
    // The provider looks an instance up by name, in a comma-separated list.
    if (!isToken(props.serviceName) && !/^[^\s,]+$/.test(props.serviceName)) {
      throw new Error(`'${props.serviceName}' can't be looked up as a service: give a name without spaces and commas`);
    }
    const made = kind.make(this, { space, name: props.serviceName });
    this.serviceName = made.name;
    this.space = space;
    this.credentialsHash = made.credentialsHash;
    this.name = props.serviceName;
    if (made.id !== undefined)
      this.hosts = new ServiceHosts(this, { name: this.name, id: made.id, provider: space.provider });
  }

  /**
   * A host that the service's broker provides when it has created the service, for {@link Destination.fromService}.
   * This creates a service key, which only a managed service can have.
   *
   * @throws for a service whose credentials the program itself provides
   */
  hostOf(what: ServiceHost): HostOfService {
    if (this.hosts === undefined) {
      throw new Error(
        `service '${this.name}' has credentials that you give, so its ${what} is known: name it with Destination.host`,
      );
    }
    checkKnown(this, `serviceName of ${this.node.path}`, this.name, 'a line of the allowlist names it');
    const name = `${this.name} ${what === 'host' ? what : what.replace(/ host$/, '')}`;
    return {
      service: this.node.path,
      variable: `EGRESS_HOST_${name.toUpperCase().replace(/[^A-Z0-9]+/g, '_')}`,
      value: this.hosts.host(what),
    };
  }
}

/** Creates an instance when its space is ready. */
function instanceIn(
  scope: Construct,
  space: ISpace,
  config: Omit<ServiceInstanceConfig, 'space' | 'dependsOn' | 'provider'>,
): ServiceInstance {
  return new ServiceInstance(scope, 'Resource', {
    ...config,
    space: space.spaceId,
    dependsOn: after(scope, readyOf(space)),
    provider: space.provider,
  });
}

class ManagedService extends ServiceKind {
  constructor(
    private readonly offering: string,
    private readonly plan: string,
    private readonly parameters?: Readonly<Record<string, unknown>>,
  ) {
    super();
  }

  make(scope: Construct, { space, name }: { readonly space: ISpace; readonly name: string }): MadeService {
    const instance = instanceIn(scope, space, {
      type: 'managed',
      name,
      servicePlan: servicePlan(scope, this.offering, this.plan, space.provider).id,
      parameters: this.parameters && Fn.jsonencode(this.parameters),
    });
    return { name: instance.name, id: () => instance.id };
  }
}

/** @internal */
export class UserProvidedService extends ServiceKind {
  constructor(
    private readonly credentials: Readonly<Record<string, unknown>>,
    /** One of the credentials that changes whenever any of them does, for a shorter hash. */
    private readonly changing?: string,
  ) {
    super();
  }

  make(scope: Construct, { space, name }: { readonly space: ISpace; readonly name: string }): MadeService {
    const credentials = resolvedOnce(Fn.jsonencode(this.credentials));
    const instance = instanceIn(scope, space, { type: 'user-provided', name, credentials });
    return { name: instance.name, credentialsHash: Fn.sha256(this.changing ?? credentials) };
  }
}

class Drain extends ServiceKind {
  constructor(private readonly url: string) {
    super();
  }

  make(scope: Construct, { space, name }: { readonly space: ISpace; readonly name: string }): MadeService {
    const instance = instanceIn(scope, space, { type: 'user-provided', name, syslogDrainUrl: this.url });
    return { name: instance.name };
  }
}

class ExistingService extends ServiceKind {
  make(scope: Construct, { space, name }: { readonly space: ISpace; readonly name: string }): MadeService {
    if (isMade(space)) {
      throw new Error(
        `service '${name}' can't exist already in ${space.node.path}, which this code creates: ` +
          'use a space from EgressSpace.fromLookup, or make the service with managed or userProvided',
      );
    }
    return {
      name,
      id: () =>
        new DataCloudfoundryServiceInstance(scope, 'Resource', { name, space: space.spaceId, provider: space.provider })
          .id,
    };
  }
}
