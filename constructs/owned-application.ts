import { App, type AppConfig } from '@cdktf/provider-cloudfoundry/lib/app';
import { Fn, TerraformStack } from 'cdktf';
import { Construct } from 'constructs';
import type { AppSource, RegistryCredentials } from './app-source';
import { Connections, type IApplication } from './connections';
import { checkAtSynth } from './egress-checks';
import { after, readyOf } from './private/internals';
import { checkName, claim, placeOf } from './private/names';
import { isToken, releaseHash, textOf } from './private/tokens';
import type { IService } from './service';
import type { ISpace } from './space';
import { checkStartTimeout, HealthCheck } from './values/health-check';
import { DEFAULT_DISK, DEFAULT_START_SECONDS } from './values/limits';
import type { Port } from './values/port';

/** What every application that this library makes has in common. */
export interface OwnedApplicationProps {
  /** The space that it is pushed to, which determines what it reaches without a proxy. */
  readonly space: ISpace;
  /**
   * If the space already has an application of this name, Cloud Foundry takes it over.
   *
   * @default - the construct's id, as in `Web` -> `web`, `EgressProxy` -> `egress-proxy`
   */
  readonly name?: string;
  /**
   * The memory of each instance, in whole megabytes or gigabytes, as in `256M`.
   *
   * @default - 256M for an `Application`, 128M for an `EgressProxy`, 64M for a `TcpForward`
   */
  readonly memory?: string;
  /**
   * The disk of each instance, in whole megabytes or gigabytes.
   *
   * @default 1G
   */
  readonly disk?: string;
  /**
   * The number of instances. With two, a proxy or forwarder stays available if one crashes.
   *
   * @default - 1 for an `Application`, 2 for an `EgressProxy` or a `TcpForward`
   */
  readonly instances?: number;
  /**
   * Seconds that an instance may take to start, up to 180, and less than a minute for each instance.
   *
   * @default 50
   */
  readonly startTimeout?: number;
  /**
   * Whether developers may open a shell in the application, if the space allows it.
   *
   * @default false
   */
  readonly ssh?: boolean;
  /**
   * Labels of the application. A label is not a variable: it never restarts anything.
   *
   * @default - none
   */
  readonly labels?: Readonly<Record<string, string>>;
}

interface Settings extends OwnedApplicationProps {
  readonly source: AppSource;
  readonly memory: string;
  readonly instances: number;
  readonly healthCheck: HealthCheck;
  readonly services: readonly IService[];
  readonly port?: Port;
}

/**
 * An application whose variables are read at synth, because a proxy's allowlist and a client's proxy are set after the
 * construct was created. They are a plain map instead of a token, so that an override can change one of them.
 *
 * `source_code_hash` is the only attribute that the provider compares with its own state and not with the platform,
 * which has a new environment long before instances start with it. It therefore covers everything that instances start
 * with: after an update that was interrupted, or whose instances didn't start, the plan still has the change.
 */
class LateApp extends App {
  private readonly started: Readonly<Record<string, unknown>>;
  private given?: Record<string, string>;
  private release?: string;

  constructor(
    scope: Construct,
    id: string,
    private readonly variables: () => Readonly<Record<string, string>>,
    config: AppConfig,
  ) {
    super(scope, id, config);
    const { sourceCodeHash, dockerImage, buildpacks, command, memory, diskQuota, timeout } = config;
    const times = [config.healthCheckInterval, config.healthCheckInvocationTimeout, timeout];
    const health = [config.healthCheckType, config.healthCheckHttpEndpoint, ...times];
    this.started = { sourceCodeHash, dockerImage, buildpacks, command, memory, diskQuota, health };
  }

  /** All variables until now. What somebody sets here, as an Aspect does, is added to those of the construct, and wins. */
  override get environment(): Record<string, string> {
    return { ...this.variables(), ...this.given };
  }

  override set environment(variables: Record<string, string>) {
    this.given = variables;
  }

  protected override synthesizeAttributes(): Record<string, unknown> {
    this.setVariables();
    return super.synthesizeAttributes();
  }

  protected override synthesizeHclAttributes(): Record<string, unknown> {
    this.setVariables();
    return super.synthesizeHclAttributes();
  }

  private setVariables(): void {
    const variables = orNothing(this.environment);
    const release = JSON.stringify({ ...this.started, variables });
    // Asked for twice at synth, and the expression of a hash is long.
    if (release !== this.release) this.sourceCodeHash = releaseHash(release);
    this.release = release;
    if (variables === undefined) this.resetEnvironment();
    else super.environment = variables;
  }
}

const CREDENTIALS_HASH = 'SERVICE_CREDENTIALS_SHA256';

const registryCredentials = new WeakMap<TerraformStack, RegistryCredentials>();

/**
 * An application that explicitly sets everything that the platform or the provider would otherwise decide.
 *
 * If they are left out, each update resets `instances` to 1 and turns `enable_ssh` off. An empty map or set is refused,
 * so it is left out. Bindings are set on the application, because a separate binding resource plans to replace itself
 * forever. Routes aren't, because a change of the application's own list replaces it.
 *
 * @see https://registry.terraform.io/providers/cloudfoundry/cloudfoundry/latest/docs/resources/app
 */
export abstract class OwnedApplication extends Construct implements IApplication {
  readonly appId: string;
  /** The name on the platform. */
  readonly appName: string;
  readonly space: ISpace;
  readonly connections: Connections;
  protected readonly resource: App;
  private readonly services: IService[];

  protected constructor(scope: Construct, id: string, settings: Settings) {
    super(scope, id);
    checkAtSynth(this);
    const { space, source, healthCheck, instances, memory } = settings;
    const { disk = DEFAULT_DISK, startTimeout = DEFAULT_START_SECONDS } = settings;
    const { path } = this.node;
    if (!isToken(memory)) checkSize(`${path}: memory`, memory);
    if (!isToken(disk)) checkSize(`${path}: disk`, disk);
    if (!isToken(instances)) checkCounts(path, instances, startTimeout);
    this.space = space;
    this.services = [...settings.services];
    this.appName = settings.name ?? toName(id);
    checkName(path, 'name', this.appName);
    this.connections = new Connections(this, settings.port);
    this.claimName();
    for (const service of this.services) this.checkPlace(service);
    if (source.credentials !== undefined) this.claimRegistry(source.credentials);

    const variables = () => ({ ...this.environment(), ...credentialsHash(this.services) });
    this.resource = new LateApp(this, source.resourceId, variables, {
      name: this.appName,
      orgName: space.orgName,
      spaceName: space.spaceName,
      ...source.config(this),
      instances,
      memory,
      diskQuota: disk,
      enableSsh: settings.ssh ?? false,
      healthCheckType: healthCheck.type,
      healthCheckHttpEndpoint: healthCheck.path,
      healthCheckInterval: healthCheck.times.interval,
      healthCheckInvocationTimeout: healthCheck.times.timeout,
      timeout: startTimeout,
      strategy: 'rolling',
      labels: orNothing(settings.labels ?? {}),
      serviceBindings: orNothing(this.bindings()),
      // Otherwise, the provider would start the application while the space's security groups are still being bound.
      dependsOn: after(this, readyOf(space)),
      provider: space.provider,
    });
    this.appId = this.resource.id;
  }

  /** The variables of the application, which are read once at synth. */
  protected abstract environment(): Readonly<Record<string, string>>;

  /** Binds another service, which replaces an application that is already deployed. */
  protected bind(service: IService): void {
    this.services.push(service);
    this.resource.putServiceBindings(this.bindings());
  }

  private bindings(): { serviceInstance: string }[] {
    return this.services.map(({ serviceName }) => ({ serviceInstance: serviceName }));
  }

  private claimName(): void {
    const other = claim(this, placeOf(this.space), 'application', this.appName);
    if (other !== undefined) {
      throw new Error(
        `${this.node.path} and ${other.node.path} are both named '${this.appName}' in one space, and each would take over the ` +
          "other's application: give one of them another name",
      );
    }
  }

  /** The provider looks a service up in the application's space, by its name. */
  private checkPlace({ node, space }: IService): void {
    const stack = TerraformStack.of(this);
    const [own, other] = [this.space, space].map((each) => textOf(stack, `${each.orgName}/${each.spaceName}`));
    // One space has several names where one stack creates it and another one looks it up.
    if (own === other || TerraformStack.of(space) !== stack || TerraformStack.of(this.space) !== stack) return;
    throw new Error(
      `${this.node.path} can't be bound to ${node.path}, which is in ${space.node.path} and not in ${this.space.node.path}: ` +
        "create the service in the application's space",
    );
  }

  /** The provider passes the password to its client in its own environment, so there is one for the whole stack. */
  private claimRegistry(credentials: RegistryCredentials): void {
    const stack = TerraformStack.of(this);
    const other = registryCredentials.get(stack) ?? credentials;
    // Each read of an attribute returns a new token for the same expression.
    const same = (one: string, another: string): boolean => textOf(stack, one) === textOf(stack, another);
    if (!same(other.username, credentials.username) || !same(other.password, credentials.password)) {
      throw new Error(
        `${this.node.path} pulls its image as '${credentials.username}', another application of the stack as ` +
          `'${other.username}': the provider keeps one password for a stack, so use one account or two stacks`,
      );
    }
    registryCredentials.set(stack, credentials);
  }
}

/** The provider checks values that only the engine knows. */
function checkCounts(path: string, instances: number, startTimeout: number): void {
  if (!Number.isInteger(instances) || instances < 0) {
    throw new RangeError(`${path}: ${instances} instances are not possible: give a whole number, 0 or more`);
  }
  if (!isToken(startTimeout)) checkStartTimeout(`${path}: start timeout`, startTimeout, Math.max(instances, 1));
}

/** An application gets new credentials of a user-provided service only at its next start, which the hash causes. */
function credentialsHash(services: readonly IService[]): Record<string, string> {
  const hashes = services.flatMap((service) => service.credentialsHash ?? []);
  if (hashes.length === 0) return {};
  return { [CREDENTIALS_HASH]: hashes.length === 1 ? String(hashes[0]) : Fn.sha256(Fn.join(' ', hashes)) };
}

/** The provider refuses empty collections. */
function orNothing<T extends object>(collection: T): T | undefined {
  return Object.keys(collection).length === 0 ? undefined : collection;
}

function toName(id: string): string {
  return id
    .replace(/([a-z0-9])([A-Z])/g, '$1-$2')
    .replace(/[^A-Za-z0-9]+/g, '-')
    .toLowerCase();
}

/** Throws unless the text is a size as in Cloud Foundry manifests, in megabytes or gigabytes. */
function checkSize(what: string, text: string): void {
  if (!/^[1-9][0-9]*[MG]B?$/i.test(text)) {
    throw new Error(`${what} of '${text}' is not a size: write whole megabytes or gigabytes, as in 256M or 1G`);
  }
}
