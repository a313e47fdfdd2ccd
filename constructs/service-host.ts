import { DataCloudfoundryServiceCredentialBinding } from '@cdktf/provider-cloudfoundry/lib/data-cloudfoundry-service-credential-binding';
import { ServiceCredentialBinding } from '@cdktf/provider-cloudfoundry/lib/service-credential-binding';
import { Fn, ref, type TerraformProvider } from 'cdktf';
import type { Construct } from 'constructs';
import { SERVICE_HOSTS, type ServiceHost } from './values/service-destination';

/** As the proxy takes one; without backslashes, which an engine reads as its own. */
const HOST_NAME = '^[a-z0-9]([a-z0-9-]*[a-z0-9])?([.][a-z0-9]([a-z0-9-]*[a-z0-9])?)+$';
const CREDENTIALS = 'credential_bindings[0].credential_binding';

/**
 * The hosts that the credentials of one service instance tell. They are read of a service key of their own: an application's
 * binding is made with the application, which comes after its proxy. Of what is read only the host is let out of its mark as
 * sensitive; the key itself stays in the state, as all credentials do.
 */
export class ServiceHosts {
  private credentials?: DataCloudfoundryServiceCredentialBinding;
  private readonly checked = new Set<ServiceHost>();

  constructor(
    private readonly scope: Construct,
    private readonly instance: {
      readonly name: string;
      /** Asked for once. */
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

  /** What the broker answers is the engine's to check first: a plan or an apply fails, and the proxy goes on as it is. */
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
