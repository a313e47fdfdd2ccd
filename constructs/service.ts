import { DataCloudfoundryServiceCredentialBinding } from '@cdktf/provider-cloudfoundry/lib/data-cloudfoundry-service-credential-binding';
import { DataCloudfoundryServiceInstance } from '@cdktf/provider-cloudfoundry/lib/data-cloudfoundry-service-instance';
import { ServiceCredentialBinding } from '@cdktf/provider-cloudfoundry/lib/service-credential-binding';
import { ServiceInstance, type ServiceInstanceConfig } from '@cdktf/provider-cloudfoundry/lib/service-instance';
import { Fn, ref, type TerraformProvider } from 'cdktf';
import { Construct, type IConstruct } from 'constructs';
import { after, isMade, readyOf } from './private/internals';
import { servicePlan } from './private/lookups';
import { checkName, claim, placeOf } from './private/names';
import { checkKnown, isToken, resolvedOnce } from './private/tokens';
import type { ISpace } from './space';
import { type HostOfService, SERVICE_HOSTS, type ServiceHost } from './values/service-destination';

/** A service instance that applications of its space can be bound to. */
export interface IService extends IConstruct {
  /** The name under which an application finds it in VCAP_SERVICES. */
  readonly serviceName: string;
  /** The space that it is in. */
  readonly space: ISpace;
  /** Changes with the credentials, if Cloud Foundry doesn't restart the bound applications by itself. */
  readonly credentialsHash?: string;
}

/** A service instance to create or to refer to. */
export interface ServiceProps {
  /** The space of the applications that are bound to it. */
  readonly space: ISpace;
  /** The name under which an application finds it in VCAP_SERVICES; unique in its space. */
  readonly serviceName: string;
  /** Where it comes from, such as `ServiceKind.managed('s3', 'basic')`. */
  readonly kind: ServiceKind;
}

/** Where a service comes from. */
export class ServiceKind {
  /**
   * Created by the platform's broker from its marketplace.
   *
   * @param offering as `cf marketplace` lists it, such as `s3`
   * @param plan such as `basic`
   * @param parameters for the broker; they must not contain secrets, because the plan shows them
   */
  static managed(offering: string, plan: string, parameters?: Readonly<Record<string, unknown>>): ServiceKind {
    return new ServiceKind((scope, props) => {
      checkName(scope.node.path, 'offering', offering);
      checkName(scope.node.path, 'plan', plan);
      const instance = instanceIn(scope, props, {
        type: 'managed',
        servicePlan: servicePlan(scope, offering, plan, props.space.provider).id,
        parameters: parameters && Fn.jsonencode(parameters),
      });
      return { name: instance.name, id: () => instance.id };
    });
  }

  /** Your own credentials. Pass secrets as sensitive Terraform variables. The state contains all of them. */
  static userProvided(credentials: Readonly<Record<string, unknown>>): ServiceKind {
    return ServiceKind.credentials(credentials);
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
    return new ServiceKind((scope, props) => {
      return { name: instanceIn(scope, props, { type: 'user-provided', syslogDrainUrl: url }).name };
    });
  }

  /** A service that someone else created; only in a space that someone else created. */
  static existing(): ServiceKind {
    return new ServiceKind((scope, { space, serviceName: name }) => {
      if (isMade(space)) {
        throw new Error(
          `service '${name}' can't exist already in ${space.node.path}, which this code creates: ` +
            'use a space from EgressSpace.fromLookup, or make the service with managed or userProvided',
        );
      }
      const config = { name, space: space.spaceId, provider: space.provider };
      return { name, id: () => new DataCloudfoundryServiceInstance(scope, 'Resource', config).id };
    });
  }

  /**
   * @internal
   * @param changing one of the credentials that changes whenever any of them does, for a shorter hash
   */
  static credentials(credentials: Readonly<Record<string, unknown>>, changing?: string): ServiceKind {
    return new ServiceKind((scope, props) => {
      const text = resolvedOnce(Fn.jsonencode(credentials));
      const instance = instanceIn(scope, props, { type: 'user-provided', credentials: text });
      return { name: instance.name, credentialsHash: Fn.sha256(changing ?? text) };
    });
  }

  private constructor(
    /** @internal */
    readonly make: (scope: Construct, props: ServiceProps) => MadeService,
  ) {}
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
    const { space } = props;
    // The provider looks an instance up by name, in a comma-separated list.
    if (!isToken(props.serviceName) && !/^[^\s,]+$/.test(props.serviceName)) {
      throw new Error(`'${props.serviceName}' can't be looked up as a service: give a name without spaces and commas`);
    }
    const made = props.kind.make(this, props);
    this.serviceName = made.name;
    this.space = space;
    this.credentialsHash = made.credentialsHash;
    this.name = props.serviceName;
    if (made.id !== undefined) {
      this.hosts = new ServiceHosts(this, { name: this.name, id: made.id, provider: space.provider });
    }
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
  { space, serviceName: name }: ServiceProps,
  config: Omit<ServiceInstanceConfig, 'name' | 'space' | 'dependsOn' | 'provider'>,
): ServiceInstance {
  const other = claim(scope, placeOf(space), 'service', name);
  if (other !== undefined) {
    throw new Error(
      `${scope.node.path} and ${other.node.path} are both the service '${name}' in one space, which the platform refuses: ` +
        'give one of them another name, or bind the first one to each application',
    );
  }
  return new ServiceInstance(scope, 'Resource', {
    ...config,
    name,
    space: space.spaceId,
    dependsOn: after(scope, readyOf(space)),
    provider: space.provider,
  });
}

/** A host that the proxy accepts, as a pattern without backslashes, which an engine would interpret. */
const HOST_NAME = '^[a-z0-9]([a-z0-9-]*[a-z0-9])?([.][a-z0-9]([a-z0-9-]*[a-z0-9])?)+$';
const CREDENTIALS = 'credential_bindings[0].credential_binding';

/**
 * The hosts in the credentials of a service instance. They come from a separate service key, because an application's
 * binding is created with the application, after its proxy. Only the host is unmarked as sensitive; the key itself
 * stays in the state, like all credentials.
 */
class ServiceHosts {
  private credentials?: DataCloudfoundryServiceCredentialBinding;
  private readonly checked = new Set<ServiceHost>();

  constructor(
    private readonly scope: Construct,
    private readonly instance: {
      readonly name: string;
      /** Read once. */
      readonly id: () => string;
      readonly provider?: TerraformProvider;
    },
  ) {}

  /** The host as a token. */
  host(what: ServiceHost): string {
    const data = (this.credentials ??= this.read());
    if (!this.checked.has(what)) {
      this.checked.add(what);
      const { postcondition = [] } = data.lifecycle ?? {};
      data.lifecycle = { postcondition: [...postcondition, this.condition(what)] };
    }
    return Fn.nonsensitive(hostIn(data.credentialBindings.get(0).credentialBinding, what)) as string;
  }

  private read(): DataCloudfoundryServiceCredentialBinding {
    const { name, id, provider } = this.instance;
    const serviceInstance = id();
    const key = new ServiceCredentialBinding(this.scope, 'EgressKey', {
      type: 'key',
      name: `${name}-egress`,
      serviceInstance,
      provider,
    });
    return new DataCloudfoundryServiceCredentialBinding(this.scope, 'EgressCredentials', {
      name: key.name,
      serviceInstance,
      provider,
    });
  }

  /**
   * The engine checks the broker's answer first: if it is wrong, the plan or apply fails, and the proxy stays as it is.
   */
  private condition(what: ServiceHost) {
    const host = hostIn(ref(`self.${CREDENTIALS}`).toString(), what);
    return {
      condition: Fn.can(Fn.regex(HOST_NAME, host)),
      errorMessage:
        `the credentials of service ${this.instance.name} do not contain the ${what}: ask its broker for ` +
        `${SERVICE_HOSTS[what].join(' and ')}, or list the host by its name`,
    };
  }
}

function hostIn(credentials: string, what: ServiceHost): string {
  const json = Fn.jsondecode(credentials) as unknown;
  return Fn.join(
    '.',
    SERVICE_HOSTS[what].map((field) => Fn.lookupNested(json, ['credentials', field]) as string),
  );
}
