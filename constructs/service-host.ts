import { DataCloudfoundryServiceCredentialBinding } from '@cdktf/provider-cloudfoundry/lib/data-cloudfoundry-service-credential-binding';
import { ServiceCredentialBinding } from '@cdktf/provider-cloudfoundry/lib/service-credential-binding';
import { Fn, ref, type TerraformProvider } from 'cdktf';
import type { Construct } from 'constructs';
import { SERVICE_HOSTS, type ServiceHost } from './values/service-destination';

/** A host that the proxy accepts, as a pattern without backslashes, which an engine would interpret. */
const HOST_NAME = '^[a-z0-9]([a-z0-9-]*[a-z0-9])?([.][a-z0-9]([a-z0-9-]*[a-z0-9])?)+$';
const CREDENTIALS = 'credential_bindings[0].credential_binding';

/**
 * The hosts in the credentials of a service instance. They come from a separate service key, because an application's
 * binding is created with the application, after its proxy. Only the host is unmarked as sensitive; the key itself
 * stays in the state, like all credentials.
 */
export class ServiceHosts {
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
