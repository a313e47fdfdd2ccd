import { type Audit, hasEnded, later } from '../../constructs/audit';
import { INTERNET } from './addresses';
import {
  OTHER_APPLICATION,
  SOME_APPLICATION,
  type AllowlistLine,
  type Application,
  type Binding,
  type Facts,
  type Grant,
  type Policy,
  type Route,
  type SecurityGroup,
  type Space,
  type Stage,
} from './facts';
import { Intervals } from './intervals';
import { knownGroup } from './known-groups';
import { Names } from './names';
import { openedBy } from './opened';
import { Reach, type Answer, type Unknown } from './reach';
import { EVERY_NAME, EVERY_PORT, namesOfRules, type RuleList } from './rule-list';
import { Traffic, type Protocol } from './traffic';

/**
 * Where the proxy's image listens, which no variable changes, and where the platform answers TLS in front of 8080. An image of
 * an older release has no 8080: what is said of it then is more than there is, never less.
 */
const PROXY_PORTS = Intervals.of(...[3128, 8080, 61443].map((port) => [port, port] as const));

/** What a proxy lets through to where. */
export interface ProxyReach {
  readonly names: Names;
  /** Allowed by the list, but whether the proxy's own space lets it out can't be told. */
  readonly maybe: Names;
  /** Of both, what a proxy that looks into tunnels lets a tunnel hold anything for, and not only TLS that names the host. */
  readonly tunnels: Names;
  /** Of both, what is certain to be for this client: set where a list is under a name that no client has. */
  readonly meant?: Names;
  /** What could not be read of the list. */
  readonly unknown: readonly Unknown[];
  /** What holds back besides the list. */
  readonly restraints: readonly Unknown[];
  /** Set while the list refuses nothing. */
  readonly audit?: Audit;
}

/** What a list that is only audited lets through: any name, and addresses, over any port. */
const EVERYTHING_PUBLIC = Names.of([
  { pattern: EVERY_NAME, exceptions: [], to: Traffic.over('tcp', EVERY_PORT, INTERNET) },
]);

export const NO_WAY: ProxyReach = {
  names: Names.NONE,
  tunnels: Names.NONE,
  maybe: Names.NONE,
  unknown: [],
  restraints: [],
};

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

  private readonly bySource: ReadonlyMap<string, readonly Policy[]>;
  private readonly byDestination: ReadonlyMap<string, readonly Policy[]>;
  private readonly bySpace: ReadonlyMap<string, readonly Application[]>;
  private readonly bindingsOf: ReadonlyMap<string, readonly Binding[]>;
  private readonly egressOf = new Map<string, Reach>();
  private readonly namesOf = new Map<string, ProxyReach>();

  /** @param today the day that it is, as 2026-12-31, on which audits may have ended; without one, none has */
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

  /** The proxies that an application may connect to, and whether that is certain. */
  proxiesOf(client: string): Map<string, Answer> {
    const proxies = new Map<string, Answer>();
    for (const { destination, protocol, ports, unknown } of this.policiesFrom(client)) {
      if (protocol !== 'tcp' || ports.intersect(this.portsOf(destination)).isEmpty) continue;
      const certain = unknown === undefined || proxies.get(destination) === 'yes';
      proxies.set(destination, certain ? 'yes' : 'unknown');
    }
    return proxies;
  }

  /** Whether an application has a list for certain; one whose environment is hidden may have one. */
  isProxy(id: string): boolean {
    return this.applications.get(id)?.allowlist?.variables !== undefined;
  }

  /** Whether it leads whoever connects to one host, as no proxy does that asks where to. */
  isForward(id: string): boolean {
    return this.applications.get(id)?.allowlist?.forwards === true;
  }

  /** Where a proxy may listen; nowhere for what is none. */
  portsOf(proxy: string): Intervals {
    const allowlist = this.applications.get(proxy)?.allowlist;
    return allowlist === undefined ? Intervals.NONE : (allowlist.ports ?? PROXY_PORTS);
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

  /** Whether a proxy has lists of which each is for one client. */
  tellsApart(proxy: string): boolean {
    return this.clientsOf(proxy).length > 0;
  }

  /** What a proxy calls those clients of which each has a list of its own. */
  clientsOf(proxy: string): string[] {
    const { lines = [], lists = [] } = this.applications.get(proxy)?.allowlist ?? {};
    return [...new Set([...lines, ...lists].flatMap(({ client }) => client ?? []))];
  }

  /**
   * The lines of a proxy's list that are for a client; without one, all of them. The proxy calls a client by the name of its
   * application, or by another one: a list under a name that no client has may be anybody's.
   */
  linesFor(proxy: string, client?: string): readonly AllowlistLine[] {
    return this.meantFor(proxy, client, this.applications.get(proxy)?.allowlist?.lines ?? []);
  }

  /** The lists of rules of a proxy that are for a client; without one, all of them. */
  listsFor(proxy: string, client?: string): readonly RuleList[] {
    return this.meantFor(proxy, client, this.applications.get(proxy)?.allowlist?.lists ?? []);
  }

  /** What a client gets through a proxy; without one, what all of them get together. */
  through(proxy: string, client?: string): ProxyReach {
    const own = client !== undefined && this.tellsApart(proxy) ? client : undefined;
    return remember(this.namesOf, JSON.stringify([proxy, own]), () => {
      const application = this.applications.get(proxy);
      if (application?.allowlist === undefined) return NO_WAY;
      const { restraints = [] } = application.allowlist;
      const lines = this.linesFor(proxy, own);
      const unknown = [...application.allowlist.unknown, ...lines.flatMap(({ late }) => late ?? [])];
      const audit = this.auditOf(lines);
      const audited = audit === undefined ? Names.NONE : EVERYTHING_PUBLIC;
      const lists = this.listsFor(proxy, own);
      const listed = namesOf(lines).union(audited, ...lists.map(namesOfRules));
      const meant = own === undefined ? undefined : this.meantAlone(own, lines, lists)?.union(audited);
      const unchecked = namesOf(lines.filter(({ destination }) => destination?.nameCheck === false)).union(audited);
      const { known } = this.egress(application.space);
      const { possible } = this.withoutClaims(application.space);
      const rest = listed.outside(known);
      const maybe = possible === undefined ? rest : rest.inside(possible);
      const tunnels = possible === undefined ? unchecked : unchecked.inside(possible);
      return { names: listed.inside(known), tunnels, maybe, meant, unknown, restraints, audit };
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
    const connects = this.proxiesOf(client).get(proxy) ?? 'no';
    const { names, maybe, unknown } = this.through(proxy, client);
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

  /** The audit that these lines say and that goes on. */
  private auditOf(lines: readonly AllowlistLine[]): Audit | undefined {
    return lines
      .flatMap(({ audit }) => (audit === undefined || hasEnded(audit, this.today) ? [] : [audit]))
      .reduce<Audit | undefined>((sum, audit) => (sum === undefined ? audit : later(sum, audit)), undefined);
  }

  /** Undefined where none is under a name that no client has. */
  private meantAlone(client: string, lines: readonly AllowlistLine[], lists: readonly RuleList[]): Names | undefined {
    const name = this.nameOf(client);
    const isMeant = (one: { readonly client?: string }): boolean => one.client === undefined || one.client === name;
    if ([...lines, ...lists].every(isMeant)) return undefined;
    return namesOf(lines.filter(isMeant)).union(...lists.filter(isMeant).map(namesOfRules));
  }

  private meantFor<T extends { readonly client?: string }>(
    proxy: string,
    client: string | undefined,
    all: readonly T[],
  ): readonly T[] {
    if (client === undefined) return all;
    const names = new Set(this.policiesTo(proxy).map(({ source }) => this.nameOf(source)));
    const own = this.nameOf(client);
    return all.filter((one) => one.client === undefined || one.client === own || !names.has(one.client));
  }

  private nameOf(application: string): string {
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

/** What the lines of a list name; most of them open the same ports, and share what they open. */
function namesOf(lines: readonly AllowlistLine[]): Names {
  const opened = new Map<string, Traffic>();
  return Names.of(
    lines.flatMap(({ destination }) => {
      if (destination === undefined) return [];
      const { pattern, exceptions, ports, ranges } = destination;
      const to = remember(opened, `${ports.join()} ${ranges.join()}`, () => openedBy(destination));
      return [{ pattern, exceptions, to }];
    }),
  );
}

function lastPart(id: string): string {
  return id.slice(id.lastIndexOf('/') + 1);
}

/** What the code owns wins over what it only refers to; else the later one. */
function indexed<T extends { readonly owned: boolean }>(all: readonly T[], key: (one: T) => string): Map<string, T> {
  const index = new Map<string, T>();
  for (const one of all) {
    if (index.get(key(one))?.owned !== true || one.owned) index.set(key(one), one);
  }
  return index;
}

export function grouped<T>(all: readonly T[], key: (one: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const one of all) remember(groups, key(one), () => []).push(one);
  return groups;
}

interface Memory<K, V> {
  get: (key: K) => V | undefined;
  set: (key: K, value: V) => unknown;
}

export function remember<K, V>(memory: Memory<K, V>, key: K, make: () => V): V {
  const kept = memory.get(key);
  if (kept !== undefined) return kept;
  const made = make();
  memory.set(key, made);
  return made;
}
