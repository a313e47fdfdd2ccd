import {
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
import { knownGroup } from './known-groups';
import { grouped, indexed, remember } from './maps';
import { Proxies } from './proxies';
import { Reach, type Answer } from './reach';
import { Traffic, type Protocol } from './traffic';

/** Ends of policies that a plan does not tell. */
const ANY_END: ReadonlySet<string> = new Set([SOME_APPLICATION, OTHER_APPLICATION]);

/**
 * Who can reach what, by which way, as Cloud Foundry enforces it.
 *
 * - An application reaches the addresses that the security groups of its space open; groups only allow, and add up.
 * - An application reaches another one only over the ports of a network policy, in the direction of the policy.
 * - Through a proxy it reaches the names of the proxy's list, as far as the proxy's own space lets them out; in audit mode
 *   everything public.
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

  /** @param today the day that it is, as 2026-12-31, on which what has an end may have ended; without one, nothing has */
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

  /** What applications of a space reach by themselves; staging has groups of its own. */
  egress(space: string, stage: Stage = 'running'): Reach {
    return remember(this.egressOf, `${stage} ${space}`, () =>
      this.groupsOf(space, stage).reduce((sum, { reach }) => sum.union(reach), this.unclaimed(space, stage)),
    );
  }

  /** The same without what the code only claims of a space that others own: a claim opens nothing and hides nothing. */
  withoutClaims(space: string, stage: Stage = 'running'): Reach {
    if (this.spaces.get(space)?.claim === undefined) return this.egress(space, stage);
    return remember(this.egressOf, `unclaimed ${stage} ${space}`, () =>
      this.groupsOf(space, stage, []).reduce((sum, { reach }) => sum.union(reach), othersBind(space, stage)),
    );
  }

  /** The groups that add up for a space, each with what binds it. */
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

  /** Policies of which the plan does not tell the ends, and which may be from one application to another. */
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
   * The applications without a list to which one may connect and which reach more than it does: what they are asked for, they
   * may fetch. Any server may do so, by a flaw that nobody knows as well as on purpose.
   */
  forwardersOf(client: string): Application[] {
    const destinations = new Set(this.policiesFrom(client).map(({ destination }) => destination));
    return [...destinations].flatMap((id) => {
      const application = this.applications.get(id);
      const may = application !== undefined && application.allowlist === undefined && this.reachesMore(id, client);
      return may ? [application] : [];
    });
  }

  /** Whether developers of its space may open a shell in an application: it and the space must allow it. */
  shell(id: string): Answer {
    const application = this.applications.get(id);
    if (application === undefined) return 'no';
    const answers = [application.ssh, this.spaces.get(application.space)?.ssh ?? 'yes'];
    return (['no', 'unknown'] as const).find((answer) => answers.includes(answer)) ?? 'yes';
  }

  /** Whether an application reaches an address by itself. */
  direct(application: string, protocol: Protocol, address: number, port: number): Answer {
    const space = this.applications.get(application)?.space;
    return space === undefined ? 'unknown' : this.egress(space).allows(protocol, address, port);
  }

  /** Whether an application may connect to another one's port. */
  connects(source: string, destination: string, protocol: Policy['protocol'], port: number): Answer {
    const matching = this.policiesFrom(source).filter(
      (policy) => policy.destination === destination && policy.protocol === protocol && policy.ports.includes(port),
    );
    if (matching.some(({ unknown }) => unknown === undefined)) return 'yes';
    return matching.length > 0 ? 'unknown' : 'no';
  }

  /** Whether an application reaches a host, which resolves to an address, through a proxy. */
  reaches(client: string, proxy: string, host: string, port: number, address: number): Answer {
    const connects = this.proxies.of(client).get(proxy) ?? 'no';
    const { names, maybe, unknown } = this.proxies.through(proxy, client);
    if (connects !== 'no' && names.addresses(host, port).includes(address)) return connects;
    const possible =
      maybe.addresses(host, port).includes(address) ||
      unknown.some(({ atMost }) => atMost?.allows('tcp', address, port) !== false);
    return connects !== 'no' && possible ? 'unknown' : 'no';
  }

  /** Whether an application gets anywhere that another one does not get by itself, or may do so. */
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

  /** What a proxy may call an application. */
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
    { token: `space ${space}`, because: `security groups that others bind to space ${space} are not in the code` },
  ]);
}

function possibly(reach: Reach, token: string, because: string): Reach {
  const tokens = [token, ...reach.unknown.map((one) => one.token)];
  return new Reach(Traffic.NONE, [{ token: tokens.join(' '), because, atMost: reach.possible }]);
}

function lastPart(id: string): string {
  return id.slice(id.lastIndexOf('/') + 1);
}
