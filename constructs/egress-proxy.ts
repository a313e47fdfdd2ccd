import { TerraformStack } from 'cdktf';
import { Construct } from 'constructs';
import { Allowlist, type AllowlistEntry, type Audit } from './values/allowlist';
import { type AppSource, byBuildpack, type ProxyBuildpackOptions } from './app-source';
import type { IApplication, NetworkPolicy } from './connections';
import { credentialsService } from './egress-credentials';
import { type ApplicationLookup, ExistingApplication } from './existing-application';
import { HealthCheck, PROXY_HEALTH } from './values/health-check';
import { setAdmission } from './private/internals';
import { ALL_LISTS_BYTES } from './values/limits';
import { OwnedApplication, type OwnedApplicationProps } from './owned-application';
import { Port } from './values/port';
import { ASKS_NOBODY, type ClientAccess, ProxyClients, type ProxyCredentials } from './proxy-clients';
import { InternalRoute } from './route';
import { Service, ServiceKind } from './service';
import type { HostOfService } from './values/service-destination';
import type { ISpace } from './space';
import { checkKnown } from './private/tokens';

/**
 * The platform restarts an instance that accepts connections but does nothing with them. The check is frequent, because
 * clients wait until then. A busy proxy can need more than the platform's default of one second to answer.
 */
const HEALTH_CHECK = HealthCheck.http(PROXY_HEALTH, { interval: 3, timeout: 5 });

/** A proxy, owned or only referred to. */
export interface IEgressProxy extends IApplication {
  /** `http://HOST:PORT`, known at synth; without TLS. */
  readonly proxyUri: string;
}

/** A proxy to create. */
export interface EgressProxyProps extends OwnedApplicationProps {
  /** A space whose security groups open the internet. */
  readonly space: ISpace;
  /**
   * The proxy's image, `AppSource.image(...)`, preferably with its digest; or `EgressProxy.buildpack()` if you have
   * neither an image nor a registry.
   */
  readonly source: AppSource;
  /**
   * The destinations that all clients can reach; `allowDestinations` adds more.
   *
   * @default - none: every request is refused
   */
  readonly allow?: readonly AllowlistEntry[];
  /**
   * Allows all public destinations for all clients, and logs what the lists would have refused. Use it to find out what
   * a list must contain. Private addresses, loopback, and metadata stay closed. `useProxy` and `grantClient` set it for
   * one client.
   *
   * @default - requests for anything that isn't listed are refused
   */
  readonly audit?: Audit;
  /**
   * A sensitive Terraform variable from which the clients' passwords are derived: at least 32 random characters, which
   * the plan checks. With it, the proxy asks each client for credentials, and each can have its own destinations.
   *
   * @default - every application that can connect can use the proxy, and all share one list
   */
  readonly seed?: string;
  /**
   * The first label of the internal name.
   *
   * @default - the application's name
   */
  readonly host?: string;
  /**
   * The domain of the internal name, which must exist and be internal.
   *
   * @default apps.internal
   */
  readonly internalDomain?: string;
  /**
   * Where the platform sends the proxy's log, which has a line for each request: `syslog-tls://HOST:PORT` or
   * `https://HOST/PATH`. Use a sensitive Terraform variable if it contains a token. It becomes the service `NAME-drain`
   * in the proxy's space. Adding it to a deployed proxy, or removing it, replaces the proxy.
   *
   * @default - the platform keeps the most recent lines
   */
  readonly drain?: string;
  /**
   * Whether the proxy answers Prometheus on {@link Port.METRICS} at `/metrics`: requests by client and verdict, bytes
   * by client and host, open connections, the remaining room, and the state of squid and its helper. Only a network
   * policy opens the port ({@link EgressProxy.allowMetricsTo}). Metrics take 2 MiB of memory, the room of about one tunnel.
   *
   * Set it to `false` for a proxy that had metrics: the instances of a deployment keep a variable that is only left
   * out.
   *
   * @default - no metrics
   * @see https://prometheus.io/docs/instrumenting/exposition_formats/
   */
  readonly metrics?: boolean;
}

/** What a client of another stack or team gets. */
export interface ClientGrant extends ClientAccess {
  /**
   * Whether the service contains the addresses with TLS. The policy must then be for {@link Port.TLS}.
   *
   * @default false
   */
  readonly tls?: boolean;
  /** The client's space. */
  readonly space: ISpace;
}

/** An existing proxy. */
export interface EgressProxyLookup extends Omit<ApplicationLookup, 'port'> {
  /** `http://HOST:PORT` */
  readonly proxyUri: string;
}

/**
 * A forward proxy on an internal route that allows requests for listed destinations and refuses all others.
 *
 * Behind an internal route, the proxy can't identify its clients, so all share one list, unless a seed gives each
 * client credentials and, with them, its own destinations. The lists are in the environment: changing one is a line in
 * the plan and a rolling update, never a new image.
 *
 * @see https://docs.cloudfoundry.org/devguide/deploy-apps/routes-domains.html#internal-routes
 */
export class EgressProxy extends OwnedApplication implements IEgressProxy {
  /**
   * An existing proxy: looked up by name when the plan is made, not at synth, and not at all if you give its id.
   *
   * @throws for an address that is not `http://HOST:PORT`, or that is not known at synth
   */
  static fromLookup(scope: Construct, id: string, at: EgressProxyLookup): IEgressProxy {
    return new ExistingProxy(scope, id, at);
  }

  /**
   * The proxy's own folder, for `source`: when the application is staged, the apt buildpack installs squid from the
   * stack's packages. This needs neither an image nor a registry, and the stack determines the version of squid. Each
   * change, even of the list, stages it again, which needs the mirror of the stack's packages and can install another
   * version. A deployed proxy can't change from one kind to the other: create a second one with another name, and move
   * the clients to it.
   *
   * The platform gives a buildpack application port 8080, so `tls` works as it does with the image.
   *
   * @see https://github.com/cloudfoundry/apt-buildpack
   */
  static buildpack(options: ProxyBuildpackOptions = {}): AppSource {
    return byBuildpack(options);
  }

  readonly proxyUri: string;
  private readonly allowlist: Allowlist;
  private readonly clients?: ProxyClients;
  private readonly metrics?: boolean;

  constructor(scope: Construct, id: string, props: EgressProxyProps) {
    const { space } = props;
    if (space.egress?.reachesInternet === false) {
      throw new Error(
        `${space.node.path} can't reach the internet (its egress is ${space.egress.toString()}), so a proxy there lets ` +
          'nobody out: put it into a space with Egress.PUBLIC',
      );
    }
    const allowlist = new Allowlist(props.allow);
    if (props.audit !== undefined) allowlist.audit(props.audit);
    super(scope, id, {
      ...props,
      memory: props.memory ?? '128M',
      instances: props.instances ?? 2,
      healthCheck: HEALTH_CHECK,
      services: [],
      port: Port.SQUID,
    });
    this.allowlist = allowlist;
    this.metrics = props.metrics;
    if (props.drain !== undefined) {
      const kind = ServiceKind.drain(props.drain);
      this.bind(new Service(this, 'Drain', { space, serviceName: `${this.appName}-drain`, kind }));
    }
    if (props.seed !== undefined) {
      this.clients = new ProxyClients(this, props.seed, [space.orgName, space.spaceName, this.appName]);
    }

    const hostName = InternalRoute.ofServer(this, props.host ?? this.appName, props.internalDomain);
    this.proxyUri = `http://${hostName}:${Port.SQUID.toString()}`;
    setAdmission(this, (client, owner, access) => this.admit(client, owner, access));
  }

  /** The allowlist as the proxy reads it, with everything added so far. */
  get allowed(): readonly string[] {
    return this.allowlist.lines();
  }

  /** Adds destinations for every client of this proxy. */
  allowDestinations(...more: AllowlistEntry[]): void {
    this.allowlist.add(...more);
  }

  /**
   * Lets an application connect, even one that you don't configure; `useProxy` does both. With `tls`, it can connect
   * only to the port on which the platform terminates TLS.
   */
  allowFrom(client: IApplication, options: { readonly tls?: boolean } = {}): NetworkPolicy {
    return client.connections.allowTo(this, options.tls === true ? Port.TLS : undefined);
  }

  /**
   * Lets an application, such as Prometheus, read the metrics, and nothing else.
   *
   * @throws for a proxy without `metrics: true`
   */
  allowMetricsTo(reader: IApplication): NetworkPolicy {
    if (this.metrics !== true) {
      throw new Error(
        `${this.node.path} answers no metrics that ${reader.node.path} could read: give it metrics: true`,
      );
    }
    return reader.connections.allowTo(this, Port.METRICS);
  }

  /**
   * Creates credentials for a client that this stack doesn't create: one of another stack or team, or one that is
   * pushed by hand. They are a user-provided service in the client's space, `NAME-egress-credentials`, which the client
   * binds. A network policy lets it connect ({@link allowFrom}, or `cf add-network-policy`).
   */
  grantClient(name: string, access: ClientGrant): Service {
    const credentials = this.admit(name, `${this.node.path}/Grant-${name}`, access);
    if (credentials === undefined) throw new Error(withoutSeed(this, `client '${name}'`));
    return credentialsService(this, `Grant-${name}`, {
      client: name,
      space: access.space,
      proxy: this,
      tls: access.tls ?? false,
      credentials,
    });
  }

  /** A client's credentials for this proxy; undefined if the proxy requires none. */
  private admit(client: string, owner: string, access: ClientAccess): ProxyCredentials | undefined {
    const { allow, audit, credentials } = access;
    if (this.clients === undefined && [allow, audit, credentials].some((asked) => asked !== undefined)) {
      throw new Error(withoutSeed(this, owner));
    }
    return this.clients?.add(client, owner, access);
  }

  protected environment(): Readonly<Record<string, string>> {
    const forAll = this.allowed.reduce((sum, line) => sum + line.length + 1, 0);
    const forClients = this.clients?.bytes ?? 0;
    if (forAll + forClients > ALL_LISTS_BYTES) {
      throw new RangeError(
        `the lists of ${this.node.path} have ${forAll} bytes for all and ${forClients} for its clients, ` +
          `${forAll + forClients - ALL_LISTS_BYTES} over the ${ALL_LISTS_BYTES} that fit its environment: ` +
          'name domains instead of hosts, or split the clients over two proxies',
      );
    }
    const hosts = hostVariables(this, [...this.allowlist.hosts(), ...(this.clients?.hosts ?? [])]);
    return {
      ...this.allowlist.environment(),
      ...(this.clients?.environment() ?? ASKS_NOBODY),
      ...hosts,
      ...(this.metrics !== undefined && { EGRESS_METRICS: this.metrics ? Port.METRICS.toString() : '' }),
    };
  }
}

/** The hosts from services, by the variable with which lines refer to them. */
function hostVariables(proxy: EgressProxy, hosts: readonly HostOfService[]): Record<string, string> {
  const services = new Map<string, string>();
  for (const { service, variable } of hosts) {
    const other = services.get(variable) ?? service;
    if (other !== service) {
      throw new Error(
        `${service} and ${other} would both be ${variable} of ${proxy.node.path}: give one of the services another name`,
      );
    }
    services.set(variable, service);
    if (!service.startsWith(`${TerraformStack.of(proxy).node.path}/`)) {
      throw new Error(
        `${service} is of another stack than ${proxy.node.path}, and its credentials would be in both states: ` +
          'create it, or refer to it with ServiceKind.existing, in the stack of the proxy',
      );
    }
  }
  return Object.fromEntries(hosts.map(({ variable, value }) => [variable, value]));
}

function withoutSeed(proxy: EgressProxy, who: string): string {
  return (
    `${proxy.node.path} can't distinguish ${who} from its other clients, because it has no seed for their passwords: pass seed, ` +
    'a sensitive Terraform variable, or add to the shared list with allowDestinations'
  );
}

class ExistingProxy extends ExistingApplication implements IEgressProxy {
  readonly proxyUri: string;

  constructor(scope: Construct, id: string, at: EgressProxyLookup) {
    checkKnown(scope, `proxyUri of ${id}`, at.proxyUri, 'its clients need it at synth');
    super(scope, id, { ...at, port: portOf(at.proxyUri) });
    this.proxyUri = at.proxyUri;
  }
}

function portOf(proxyUri: string): Port {
  const port = /^http:\/\/[^/:@]+:([0-9]+)$/.exec(proxyUri)?.[1];
  if (port === undefined) {
    throw new Error(`'${proxyUri}' is not the address of a proxy: write http://HOST:PORT, as text known at synth`);
  }
  return Port.tcp(Number(port));
}
