import {
  lastPart,
  OTHER_APPLICATION,
  SOME_APPLICATION,
  type Application,
  type Binding,
  type Facts,
  type Grant,
  type Policy,
  type Route,
  type SecurityGroup,
  type ServiceInstance,
  type Space,
  type Stage,
} from './facts';
import { knownGroup, Reach, type Answer } from './reach';
import { grouped, indexed, remember } from './maps';
import { Proxies } from './proxies';
import { Traffic, type Protocol } from './traffic';

/** Placeholders for ends of policies that a plan doesn't identify. */
const ANY_END: ReadonlySet<string> = new Set([SOME_APPLICATION, OTHER_APPLICATION]);

/**
 * Who can reach what, and how, as Cloud Foundry enforces it.
 *
 * - An application reaches the addresses that the security groups of its space open. Groups only allow, and they add
 *   up.
 * - An application reaches another one only on the ports of a network policy, in the policy's direction.
 * - Through a proxy, an application reaches the names of the proxy's list, as far as the egress of the proxy's own
 *   space allows; in audit mode, everything public.
 * - Names always resolve, in closed spaces too: the platform's resolver needs no group.
 *
 * @see https://docs.cloudfoundry.org/concepts/asg.html
 * @see https://docs.cloudfoundry.org/concepts/understand-cf-networking.html
 */
export class Model {
  readonly spaces: ReadonlyMap<string, Space>;
  readonly groups: ReadonlyMap<string, SecurityGroup>;
  readonly applications: ReadonlyMap<string, Application>;
  readonly policies: readonly Policy[];
  readonly routes: readonly Route[];
  readonly bindings: readonly Binding[];
  readonly grants: readonly Grant[];
  readonly services: readonly ServiceInstance[];
  readonly proxies = new Proxies(this);

  private readonly bySource: ReadonlyMap<string, readonly Policy[]>;
  private readonly byDestination: ReadonlyMap<string, readonly Policy[]>;
  private readonly bySpace: ReadonlyMap<string, readonly Application[]>;
  private readonly bindingsOf: ReadonlyMap<string, readonly Binding[]>;
  private readonly egressOf = new Map<string, Reach>();

  /** @param today the current day, as in 2026-12-31, to decide what has expired; without it, nothing has */
  constructor(
    facts: Facts,
    readonly today = '',
  ) {
    this.applications = indexed(facts.applications, ({ id }) => id);
    this.spaces = indexed(
      [
        ...[...this.applications.values()].map(({ space }) => ({ id: space, name: lastPart(space), owned: false })),
        ...facts.spaces,
      ],
      ({ id }) => id,
    );
    this.groups = indexed(facts.groups, ({ name }) => name);
    this.policies = facts.policies;
    this.routes = facts.routes;
    this.bindings = facts.bindings;
    this.grants = facts.grants ?? [];
    this.services = facts.services ?? [];
    this.bySource = grouped(facts.policies, ({ source }) => source);
    this.byDestination = grouped(facts.policies, ({ destination }) => destination);
    this.bySpace = grouped([...this.applications.values()], ({ space }) => space);
    this.bindingsOf = grouped(facts.bindings, ({ space, stage }) => `${stage} ${space}`);
  }

  /** What applications of a space reach directly. Staging has its own groups. */
  egress(space: string, stage: Stage = 'running'): Reach {
    return remember(this.egressOf, `${stage} ${space}`, () =>
      this.groupsOf(space, stage).reduce((sum, { reach }) => sum.union(reach), this.unclaimed(space, stage)),
    );
  }

  /**
   * The same without what the code merely claims about a space that others own: a claim opens nothing and hides
   * nothing.
   */
  withoutClaims(space: string, stage: Stage = 'running'): Reach {
    if (this.spaces.get(space)?.claim === undefined) return this.egress(space, stage);
    return remember(this.egressOf, `unclaimed ${stage} ${space}`, () =>
      this.groupsOf(space, stage, []).reduce((sum, { reach }) => sum.union(reach), othersBind(space, stage)),
    );
  }

  /** The groups that apply to a space, each with what binds it. */
  groupsOf(
    space: string,
    stage: Stage = 'running',
    claim = this.spaces.get(space)?.claim ?? [],
  ): { group: string; reach: Reach; binding?: Binding }[] {
    const global = [...this.groups.values()].filter((group) => group.global[stage] !== 'no');
    const claimed = stage === 'running' ? claim : [];
    return [
      ...(this.bindingsOf.get(`${stage} ${space}`) ?? []).map((binding) => ({
        group: binding.group,
        reach: this.bound(binding),
        binding,
      })),
      ...claimed.map((name) => ({ group: name, reach: this.group(name) })),
      ...global.map(({ name, reach, global: { [stage]: certain } }) => ({
        group: name,
        reach: certain === 'yes' ? reach : possibly(reach, `group ${name} everywhere`, `whether ${name} is global`),
      })),
    ];
  }

  applicationsIn(space: string): readonly Application[] {
    return this.bySpace.get(space) ?? [];
  }

  policiesFrom(application: string): readonly Policy[] {
    return this.bySource.get(application) ?? [];
  }

  /** Policies whose ends the plan doesn't identify and that may lead from one application to another. */
  policiesPerhaps(source: string, destination: string): Policy[] {
    return [SOME_APPLICATION, source]
      .flatMap((from) => this.policiesFrom(from))
      .filter((policy) => [policy.source, policy.destination].some((end) => ANY_END.has(end)))
      .filter((policy) => ANY_END.has(policy.destination) || policy.destination === destination);
  }

  policiesTo(application: string): readonly Policy[] {
    return this.byDestination.get(application) ?? [];
  }

  routesOf(application: string): Route[] {
    return this.routes.filter(({ applications }) => applications.includes(application));
  }

  /**
   * Applications without a list that a client may connect to and that reach more than the client does: they might fetch
   * whatever the client asks for. Any server might, on purpose or through an unknown vulnerability.
   */
  forwardersOf(client: string): Application[] {
    const destinations = new Set(this.policiesFrom(client).map(({ destination }) => destination));
    return [...destinations].flatMap((id) => {
      const application = this.applications.get(id);
      const may = application !== undefined && application.allowlist === undefined && this.reachesMore(id, client);
      return may ? [application] : [];
    });
  }

  /**
   * Whether developers of its space may open a shell in an application: both the application and the space must allow
   * it.
   */
  shell(id: string): Answer {
    const application = this.applications.get(id);
    if (application === undefined) return 'no';
    const answers = [application.ssh, this.spaces.get(application.space)?.ssh ?? 'yes'];
    return (['no', 'unknown'] as const).find((answer) => answers.includes(answer)) ?? 'yes';
  }

  /** Whether an application reaches an address directly. */
  direct(application: string, protocol: Protocol, address: number, port: number): Answer {
    const space = this.applications.get(application)?.space;
    return space === undefined ? 'unknown' : this.egress(space).allows(protocol, address, port);
  }

  /** Whether an application may connect to a port of another one. */
  connects(source: string, destination: string, protocol: Policy['protocol'], port: number): Answer {
    const matching = this.policiesFrom(source).filter(
      (policy) => policy.destination === destination && policy.protocol === protocol && policy.ports.includes(port),
    );
    if (matching.some(({ unknown }) => unknown === undefined)) return 'yes';
    return matching.length > 0 ? 'unknown' : 'no';
  }

  /** Whether an application reaches a host with the given address through a proxy. */
  reaches(client: string, proxy: string, host: string, port: number, address: number): Answer {
    const connects = this.proxies.of(client).get(proxy) ?? 'no';
    const { names, maybe, unknown } = this.proxies.through(proxy, client);
    if (connects !== 'no' && names.addresses(host, port).includes(address)) return connects;
    const possible =
      maybe.addresses(host, port).includes(address) ||
      unknown.some(({ atMost }) => atMost?.allows('tcp', address, port) !== false);
    return connects !== 'no' && possible ? 'unknown' : 'no';
  }

  /** Whether an application gets, or may get, anywhere that another one can't reach directly. */
  reachesMore(application: string, than: string): boolean {
    const [own, other] = [application, than].map((id) => this.applications.get(id)?.space);
    if (own === undefined || other === undefined) return true;
    const [reach, others] = [this.withoutClaims(own), this.withoutClaims(other)];
    const tokens = new Set(others.unknown.map(({ token }) => token));
    const connected = new Set(this.policiesFrom(than).map(({ destination }) => destination));
    return (
      !others.known.covers(reach.known) ||
      reach.unknown.some(({ token }) => !tokens.has(token)) ||
      this.policiesFrom(application).some(({ destination }) => destination !== than && !connected.has(destination))
    );
  }

  /** The name that a proxy may use for an application. */
  nameOf(application: string): string {
    return this.applications.get(application)?.name ?? lastPart(application);
  }

  private group(name: string): Reach {
    return this.groups.get(name)?.reach ?? knownGroup(name);
  }

  private bound({ group, unknown }: Binding): Reach {
    const reach = this.group(group);
    return unknown === undefined ? reach : possibly(reach, unknown.token, unknown.because);
  }

  private unclaimed(space: string, stage: Stage): Reach {
    const { owned = false, claim } = this.spaces.get(space) ?? {};
    return owned || claim !== undefined ? Reach.NONE : othersBind(space, stage);
  }
}

function othersBind(space: string, stage: Stage): Reach {
  if (stage === 'staging') return Reach.NONE;
  return new Reach(Traffic.NONE, [
    { token: `space ${space}`, because: `the code does not show which security groups others bind to space ${space}` },
  ]);
}

function possibly(reach: Reach, token: string, because: string): Reach {
  const tokens = [token, ...reach.unknown.map((one) => one.token)];
  return new Reach(Traffic.NONE, [{ token: tokens.join(' '), because, atMost: reach.possible }]);
}
