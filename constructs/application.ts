import { isIP } from 'node:net';
import { TerraformStack } from 'cdktf';
import { Construct } from 'constructs';
import type { AppSource } from './app-source';
import type { IApplication, NetworkPolicy } from './connections';
import { checkEnvironment, checkShellVariable } from './values/environment';
import { credentialsService, secureUri, uriWith } from './egress-credentials';
import type { IEgressProxy } from './egress-proxy';
import { type ApplicationLookup, ExistingApplication } from './existing-application';
import { HealthCheck } from './values/health-check';
import { admissionOf, readyOf, startAfter } from './private/internals';
import { OwnedApplication, type OwnedApplicationProps } from './owned-application';
import { Port } from './values/port';
import type { ClientAccess, ProxyCredentials } from './proxy-clients';
import {
  type ProxyParts,
  type ProxyVariables,
  checkException,
  exceptions,
  PROXY_VARIABLES,
  type ProxySettings,
} from './values/proxy-variables';
import { checkKnown } from './private/tokens';
import type { IService } from './service';
import type { ITcpForward } from './tcp-forward';

/** An application to create. */
export interface ApplicationProps extends OwnedApplicationProps {
  /** Its code: `AppSource.directory(path)` or `AppSource.image(reference)`. */
  readonly source: AppSource;
  /**
   * How the platform checks whether an instance is healthy.
   *
   * @default HealthCheck.PORT
   */
  readonly healthCheck?: HealthCheck;
  /**
   * Environment variables. They must not contain secrets, because the plan and the platform's API show them. Put
   * secrets in a service.
   *
   * @default - none
   */
  readonly environment?: Readonly<Record<string, string>>;
  /**
   * Services of its space, bound when the application is created: a different set replaces it.
   *
   * @default - none
   */
  readonly services?: readonly IService[];
  /**
   * The port on which the application listens for other applications.
   *
   * @default - none: a policy must name its port
   */
  readonly port?: Port;
}

/** `allow`, `audit`, and `credentials` need a proxy that has a seed. */
export interface UseProxyOptions extends ClientAccess {
  /**
   * The client's name at a proxy that has a seed: letters, digits, and hyphens.
   *
   * @default - the application's name
   */
  readonly client?: string;
  /**
   * Hosts, `.domains`, and addresses to which the application connects without the proxy.
   *
   * @default - the container itself and the domain of the proxy's internal route
   */
  readonly noProxy?: readonly string[];
  /**
   * Additional environment variables that get the proxy's address, because some libraries read their own.
   *
   * @default - HTTP_PROXY and HTTPS_PROXY, in upper and lower case
   */
  readonly variables?: readonly string[];
  /**
   * Whether to use TLS to the proxy, on the platform's port 61443 and with the platform's certificate. The policy opens
   * only that port. A buildpack application trusts the platform's authority because of the script that sets its
   * variables. A container image must create the file that its programs read, unless they are in Go.
   * docs/proxy-clients.md lists the libraries that support this.
   *
   * @default false
   */
  readonly tls?: boolean;
  /**
   * With `tls`: variables that get the address without TLS, for libraries that don't support TLS to a proxy, such as
   * `['grpc_proxy']`. Setting one also opens the proxy's plain port.
   *
   * @default - none
   */
  readonly plainVariables?: readonly string[];
  /**
   * For programs that need the proxy in parts or in another format, such as New Relic's agents and the Java virtual
   * machine. The variables contain the address without TLS, so with `tls`, setting one also opens the proxy's plain
   * port.
   *
   * @default - none
   */
  readonly presets?: readonly ProxyVariables[];
}

/** Names of the variables that tell a client where its forwarder listens. Those that you leave out aren't set. */
export interface UseForwardOptions {
  /**
   * A name for each of the values that the application needs.
   *
   * @default - no variables are set
   */
  readonly variables?: {
    /**
     * Gets the name of the internal route, to which the client connects.
     *
     * @default - not set
     */
    readonly host?: string;
    /**
     * Gets the port.
     *
     * @default - not set
     */
    readonly port?: string;
    /**
     * Gets the destination's own name, which is on its certificate.
     *
     * @default - not set
     */
    readonly tlsName?: string;
  };
}

/**
 * An application in a space. It starts after the security groups of its space are bound, and is updated one instance at
 * a time.
 *
 * A successful apply doesn't mean that the application is running: the platform starts it, and the provider doesn't
 * wait for the first instances.
 *
 * @see https://docs.cloudfoundry.org/devguide/deploy-apps/deploy-app.html
 */
export class Application extends OwnedApplication {
  /**
   * An existing application: looked up by name when the plan is made, not at synth, and not at all if you give its id.
   *
   * @throws for an empty name, and if two lookups name the same application in a space
   */
  static fromLookup(scope: Construct, id: string, at: ApplicationLookup): IApplication {
    return new ExistingApplication(scope, id, at);
  }

  private readonly own: Readonly<Record<string, string>>;
  private readonly source: AppSource;
  private readonly forwards: Record<string, string> = {};
  private proxy?: {
    readonly used: IEgressProxy;
    readonly options: UseProxyOptions;
    readonly variables: Readonly<Record<string, string>>;
    /** Everything that the program gets, some of it only from the script that sets it at start. */
    readonly names: ReadonlySet<string>;
  };

  constructor(scope: Construct, id: string, props: ApplicationProps) {
    super(scope, id, {
      ...props,
      memory: props.memory ?? '256M',
      instances: props.instances ?? 1,
      healthCheck: props.healthCheck ?? HealthCheck.PORT,
      services: props.services ?? [],
    });
    const why = "the proxy's variables are added to its own, so only their values may be tokens";
    checkKnown(this, `environment of ${this.node.path}`, props.environment, why);
    this.own = props.environment ?? {};
    checkEnvironment(this.node.path, this.own);
    this.source = props.source;
  }

  /**
   * Sends this application's outgoing requests through the proxy: adds the network policy and sets the variables that
   * programs read. They are set in upper and lower case, because a program that knows only the missing one would bypass
   * the proxy. A second call adds to the first.
   *
   * @returns the policy for the port in the variables
   * @throws for a second proxy, for a variable that the application sets itself, and for `allow`, `audit` or
   *   `credentials` at a proxy that has no seed or that another stack creates
   */
  useProxy(proxy: IEgressProxy, options: UseProxyOptions = {}): NetworkPolicy {
    if (this.proxy !== undefined && this.proxy.used !== proxy) {
      throw new Error(
        `${this.node.path} uses ${this.proxy.used.node.path} already: an application can use only one proxy, ` +
          'call connections.allowTo for a connection without a proxy',
      );
    }
    const merged = mergeOptions(this.node.path, this.proxy?.options, options);
    const { noProxy = [], variables = [], tls = false, plainVariables = [], presets = [] } = merged;
    for (const name of [...variables, ...plainVariables]) checkShellVariable(this.node.path, name);
    for (const host of noProxy) checkException(this.node.path, host);
    if (!tls && plainVariables.length > 0) {
      throw new Error(
        `${this.node.path} names ${plainVariables.join(', ')} for the address without TLS, which all of its variables already contain: ` +
          'add tls: true, or use variables',
      );
    }
    const direct = [...internalDomain(proxy), ...noProxy];
    const presetValues = (parts: ProxyParts): Record<string, string> =>
      Object.fromEntries(presets.flatMap((preset) => Object.entries(preset.for(parts))));
    const addressed = (to: (proxyUri: string) => string, credentials?: ProxyCredentials): ProxySettings => ({
      uri: to(tls ? secureUri(proxy.proxyUri) : proxy.proxyUri),
      tls,
      noProxy: direct,
      variables,
      ...(plainVariables.length > 0 && { plain: { uri: to(proxy.proxyUri), variables: plainVariables } }),
      ...(presets.length > 0 && { presets: presetValues(partsOf(proxy.proxyUri, direct, credentials)) }),
    });
    const set = Object.keys(this.source.proxyVariables(addressed((uri) => uri)));
    const ofPresets = presets.flatMap((preset) => preset.names);
    const names = new Set([...PROXY_VARIABLES, ...variables, ...plainVariables, ...ofPresets, ...set]);
    const taken = [...names].filter((name) => name in this.own || name in this.forwards);
    if (taken.length > 0) {
      throw new Error(
        `${this.node.path} sets ${taken.join(', ')} itself, which useProxy sets: remove it from environment, or from the ` +
          'variables of useForward',
      );
    }
    const credentials = this.credentialsFor(proxy, merged);
    const settings = addressed((uri) => (credentials === undefined ? uri : uriWith(credentials, uri)), credentials);
    // The address is text, which orders nothing.
    if (this.proxy === undefined) startAfter(this.resource, readyOf(proxy));
    this.proxy = { used: proxy, options: merged, variables: this.source.proxyVariables(settings), names };
    if (plainVariables.length > 0 || presets.length > 0) this.connections.allowTo(proxy);
    return this.connections.allowTo(proxy, tls ? Port.TLS : undefined);
  }

  /**
   * Lets this application connect to a forwarder, and sets the variables that you name to where it listens.
   *
   * @throws for a variable that the application already has
   */
  useForward(forward: ITcpForward, { variables = {} }: UseForwardOptions = {}): NetworkPolicy {
    const values = { host: forward.hostName, port: forward.port.toString(), tlsName: forward.destination.name };
    for (const [of, name] of Object.entries(variables) as [keyof typeof values, string | undefined][]) {
      if (name === undefined) continue;
      checkShellVariable(this.node.path, name);
      const set = name in this.own || this.proxy?.names.has(name) === true;
      if (set || (this.forwards[name] ?? values[of]) !== values[of]) {
        throw new Error(`${this.node.path} already has ${name}, which useForward would set: choose another variable`);
      }
      this.forwards[name] = values[of];
    }
    startAfter(this.resource, readyOf(forward));
    return this.connections.allowTo(forward, forward.port);
  }

  private credentialsFor(proxy: IEgressProxy, options: UseProxyOptions): ProxyCredentials | undefined {
    const { client = this.appName, allow, audit, credentials: versions, tls = false } = options;
    const asked = [allow, audit, versions].some((option) => option !== undefined);
    const admit = admissionOf(proxy);
    const owned = admit !== undefined && TerraformStack.of(proxy) === TerraformStack.of(this);
    if (!owned && asked) {
      throw new Error(
        `${this.node.path} can't change the lists of ${proxy.node.path}, which another stack makes: call ` +
          `grantClient('${client}', ...) on the proxy there, and bind the service that it gives`,
      );
    }
    const credentials = owned ? admit(client, this.node.path, { allow, audit, credentials: versions }) : undefined;
    if (credentials !== undefined && this.node.tryFindChild('EgressCredentials') === undefined) {
      const { space } = this;
      this.bind(credentialsService(this, 'EgressCredentials', { client, space, proxy, tls, credentials }));
    }
    return credentials;
  }

  protected environment(): Readonly<Record<string, string>> {
    return { ...this.own, ...this.forwards, ...this.proxy?.variables };
  }
}

/** Adds the lists of the second call to those of the first. Options that can have only one value must be the same. */
function mergeOptions(path: string, first: UseProxyOptions | undefined, second: UseProxyOptions): UseProxyOptions {
  if (first === undefined) return second;
  const options = { tls: false, ...first };
  for (const name of ['tls', 'client'] as const) {
    if (second[name] !== undefined && second[name] !== options[name]) {
      throw new Error(
        `${path} uses its proxy with ${name} ${options[name] ?? 'of its own name'} already, and not with ` +
          `${second[name]}: use the same value in each call of useProxy`,
      );
    }
  }
  const lists = (['noProxy', 'variables', 'plainVariables', 'presets'] as const).map((name) => [
    name,
    [...new Set([...(first[name] ?? []), ...(second[name] ?? [])])],
  ]);
  return { ...options, ...second, ...(Object.fromEntries(lists) as UseProxyOptions) };
}

function partsOf(proxyUri: string, noProxy: readonly string[], credentials?: ProxyCredentials): ProxyParts {
  const { protocol, hostname, port } = new URL(proxyUri);
  return {
    scheme: protocol.slice(0, -1),
    host: hostname,
    port,
    ...(credentials !== undefined && { user: credentials.username, password: credentials.password }),
    noProxy: exceptions({ noProxy }),
  };
}

/**
 * The domain of internal routes, `.apps.internal`, which clients reach without the proxy; none if the proxy is an
 * address.
 */
function internalDomain(proxy: IEgressProxy): string[] {
  const { hostname } = new URL(proxy.proxyUri);
  const [, domain] = /^[^.]+(\..+)$/.exec(hostname) ?? [];
  return domain === undefined || isIP(hostname) !== 0 ? [] : [domain];
}
