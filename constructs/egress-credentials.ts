import { Fn } from 'cdktf';
import type { Construct } from 'constructs';
import { Port } from './values/port';
import type { ProxyCredentials } from './proxy-clients';
import { resolvedOnce } from './private/tokens';
import { Service, ServiceKind } from './service';
import type { ISpace } from './space';

interface CredentialsServiceProps {
  readonly client: string;
  readonly space: ISpace;
  readonly proxy: { readonly proxyUri: string };
  /** Whether the client uses TLS to the proxy. */
  readonly tls: boolean;
  readonly credentials: ProxyCredentials;
}

/** The port on which the platform terminates TLS for a proxy's port 8080. */
export function secureUri(proxyUri: string): string {
  return `https://${new URL(proxyUri).hostname}:${Port.TLS.toString()}`;
}

/** The address of a proxy with a client's credentials in it. */
export function uriWith({ username, password }: ProxyCredentials, proxyUri: string): string {
  const [scheme = '', address = ''] = proxyUri.split('://');
  return resolvedOnce(Fn.join('', [`${scheme}://${username}:`, password, `@${address}`]));
}

/**
 * What a client needs to use the proxy, as a service that it binds: the address, its parts, and the keys that programs
 * written for cg-egress-proxy read.
 *
 * @see https://github.com/GSA-TTS/cg-egress-proxy
 */
export function credentialsService(scope: Construct, id: string, props: CredentialsServiceProps): Service {
  const { client, space, proxy, credentials } = props;
  const address = props.tls ? secureUri(proxy.proxyUri) : proxy.proxyUri;
  const { hostname: host, port } = new URL(address);
  const uri = uriWith(credentials, address);
  const plain = props.tls ? uriWith(credentials, proxy.proxyUri) : uri;
  const keys = { uri, host, port, ...credentials, domain: host, http_uri: plain, https_uri: uri };
  const kind = ServiceKind.credentials(keys, uri);
  return new Service(scope, id, { space, serviceName: `${client}-egress-credentials`, kind });
}
