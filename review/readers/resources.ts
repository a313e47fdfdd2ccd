import { allowlistOf } from '../model/allowlist-facts';
import {
  OTHER_APPLICATION,
  SOME_APPLICATION,
  type Application,
  type Binding,
  type Facts,
  type Origin,
  type Policy,
  type Route,
  type SecurityGroup,
  type Space,
  type Stage,
  type Variable,
} from '../model/facts';
import { fingerprint } from '../model/fingerprint';
import { Intervals } from '../model/intervals';
import { knownGroup } from '../model/known-groups';
import { Reach, type Answer, type Unknown } from '../model/reach';
import { ports, PROTOCOLS, Traffic, type Protocol, type Rule } from '../model/traffic';
import { asNewer } from './community';
import { grantsOf } from './grants';
import { pushedOf, type Pushed } from './pushed';
import { programOf } from './programs';
import { scalars } from './scalars';
import { canonical, isObject, listOf, Unresolved, type Resource, type Value } from './values';

/** The platform's own domain for internal routes, wherever nobody has renamed it. */
const INTERNAL_DOMAIN = 'apps.internal';

const EVERY_PORT = Intervals.of([1, 65535]);

/** Between more applications than these, a policy that may be for any of them is for "an application". */
const MANY = 8;
/** What a network policy opens by its protocol; the platform takes the first two today, and the first where none is said. */
const OPENS: ReadonlyMap<Value, readonly Protocol[]> = new Map<Value, readonly Protocol[]>([
  ['tcp', ['tcp']],
  ['udp', ['udp']],
  [null, ['tcp']],
  ['icmp', ['icmp']],
  ['all', PROTOCOLS],
]);

const SOME = { source: [SOME_APPLICATION], destination: [OTHER_APPLICATION] } as const;

/**
 * What resources of the provider say about reach. Applications, spaces and groups get names that stay the same when the
 * resource is made anew, and so does everything that refers to them: an id that is only known after apply is no change.
 */
export function factsOf(resources: readonly Resource[]): Facts {
  return new Reader(resources).read();
}

class Reader {
  private readonly byAddress = new Map<string, Resource>();
  private readonly instances = new Map<string, Resource[]>();
  private readonly byId = new Map<string, Resource>();

  private readonly resources: readonly Resource[];

  private readonly pushed: Pushed;

  constructor(resources: readonly Resource[]) {
    this.pushed = pushedOf(resources);
    this.resources = resources
      .filter(({ type }) => type.startsWith('cloudfoundry_'))
      .flatMap(asNewer)
      .map((resource) => ({ ...resource, values: scalars(resource.values) as Resource['values'] }));
    for (const resource of this.resources) {
      this.byAddress.set(`${resource.stack} ${resource.address}`, resource);
      const base = `${resource.stack} ${resource.address.replace(/\[[^\]]*\]$/, '')}`;
      this.instances.set(base, [...(this.instances.get(base) ?? []), resource]);
      // A deployment of the older provider beside the old instances gives the application another id.
      for (const id of [resource.values.id, resource.values.id_bg]) {
        if (typeof id === 'string' && (resource.managed || !this.byId.has(id))) this.byId.set(id, resource);
      }
    }
    for (const space of this.resources.flatMap(listedSpaces)) {
      const { id } = space.values;
      if (typeof id === 'string' && !this.byId.has(id)) this.byId.set(id, space);
    }
  }

  read(): Facts {
    return {
      spaces: this.all('cloudfoundry_space').map((resource) => this.space(resource)),
      groups: this.withDefaults(this.all('cloudfoundry_security_group').map((resource) => this.group(resource))),
      bindings: [
        ...this.all('cloudfoundry_security_group_space_bindings').flatMap((resource) =>
          this.bindings(resource, this.groupName(resource.values.security_group, resource)),
        ),
        ...this.all('cloudfoundry_security_group')
          .filter(({ managed }) => managed)
          .flatMap((resource) => this.bindings(resource, text(resource.values.name, resource, 'name'))),
      ],
      applications: this.all('cloudfoundry_app').map((resource) => this.application(resource)),
      policies: this.all('cloudfoundry_network_policy').flatMap((resource) => this.policies(resource)),
      routes: [
        ...this.all('cloudfoundry_app').flatMap((resource) => this.ownRoutes(resource)),
        ...this.all('cloudfoundry_route')
          .filter(({ managed }) => managed)
          .map((resource) => this.route(resource)),
      ],
      grants: grantsOf(this.resources, {
        find: (value, from) => this.find(value, from),
        space: (resource) => this.spaceId(resource),
        application: (resource) => this.applicationId(resource),
        home: (resource) => this.homeOf(resource),
        route: (resource) => this.route(resource).url,
      }),
    };
  }

  private all(type: string): Resource[] {
    return this.resources.filter((resource) => resource.type === type);
  }

  private space(resource: Resource): Space {
    return {
      id: this.spaceId(resource),
      name: text(resource.values.name, resource, 'name'),
      owned: resource.managed,
      ssh: resource.values.allow_ssh instanceof Unresolved ? 'unknown' : answer(resource.values.allow_ssh !== false),
      origin: originOf(resource),
    };
  }

  private spaceId(resource: Resource): string {
    const org = this.only(resource.values.org, resource);
    const orgName =
      org === undefined ? label(resource.values.org, resource, 'org') : text(org.values.name, org, 'name');
    return `${orgName}/${text(resource.values.name, resource, 'name')}`;
  }

  private group(resource: Resource): SecurityGroup {
    const { values, managed } = resource;
    const name = text(values.name, resource, 'name');
    const global = (value: Value | undefined): Answer =>
      value instanceof Unresolved ? 'unknown' : answer(value === true);
    const seen = managed || Array.isArray(values.rules) || values.rules instanceof Unresolved;
    return {
      name,
      reach: seen ? this.rules(name, values.rules) : knownGroup(name),
      global: { running: global(values.globally_enabled_running), staging: global(values.globally_enabled_staging) },
      bindersKnown: Array.isArray(values.running_spaces) && Array.isArray(values.staging_spaces),
      owned: managed,
      origin: originOf(resource),
    };
  }

  /** The older provider has a resource of its own for the groups of every space. */
  private withDefaults(groups: readonly SecurityGroup[]): SecurityGroup[] {
    const defaults = this.all('cloudfoundry_default_asg')
      .filter(({ managed }) => managed)
      .flatMap((resource) => this.defaults(resource));
    const known = new Set(groups.map(({ name }) => name));
    return [
      ...groups.map((group) =>
        defaults
          .filter(({ name }) => name === group.name)
          .reduce<SecurityGroup>(
            (sum, { global }) => ({
              ...sum,
              owned: true,
              global: {
                running: either(sum.global.running, global.running),
                staging: either(sum.global.staging, global.staging),
              },
            }),
            group,
          ),
      ),
      ...defaults.filter(({ name }) => !known.has(name)),
    ];
  }

  private defaults(resource: Resource): SecurityGroup[] {
    const { name: set, asgs } = resource.values;
    const global = (stage: Stage): Answer => (set instanceof Unresolved ? 'unknown' : answer(set === stage));
    const entries = asgs instanceof Unresolved ? [asgs] : listOf(asgs);
    return entries.map((entry) => {
      const name = certain(entry) ? this.groupName(entry, resource) : label(entry, resource, 'asgs');
      const flags = { running: global('running'), staging: global('staging') };
      return { name, reach: knownGroup(name), global: flags, owned: true, origin: originOf(resource) };
    });
  }

  private rules(name: string, rules: Value | undefined): Reach {
    if (rules instanceof Unresolved) return new Reach(Traffic.NONE, [unknown(rules, `the rules of group ${name}`)]);
    return listOf(rules).reduce<Reach>((sum, rule) => sum.union(ruleReach(name, rule)), Reach.NONE);
  }

  private bindings(resource: Resource, group: string): Binding[] {
    return (['running', 'staging'] as const).flatMap((stage): Binding[] => {
      const value = resource.values[`${stage}_spaces`];
      const entries = value instanceof Unresolved ? [value] : listOf(value);
      return entries.flatMap((entry): Binding[] => {
        const spaces = this.find(entry, resource).filter(({ type }) => type === 'cloudfoundry_space');
        const common = { group, stage, origin: originOf(resource) };
        if (spaces.length === 1 && certain(entry)) {
          return spaces.map((space) => ({ ...common, space: this.spaceId(space) }));
        }
        if (!(entry instanceof Unresolved)) return [{ ...common, space: label(entry, resource, 'space') }];
        // Any space may be the one: what can't be told is never taken for safe.
        const isAmong = entry.exact && spaces.length > 0;
        const candidates = (isAmong ? spaces : this.all('cloudfoundry_space')).map((space) => this.spaceId(space));
        const elsewhere = isAmong ? [] : [label(entry, resource, `${stage}_spaces`)];
        return [...new Set([...candidates, ...elsewhere])].map((space) => ({
          ...common,
          space,
          unknown: {
            ...unknown(entry, `whether security group ${group} is bound here`),
            token: `${group} by ${entry.token}`,
          },
        }));
      });
    });
  }

  private groupName(value: Value | undefined, resource: Resource): string {
    const group = this.only(value, resource);
    return group === undefined ? label(value, resource, 'security_group') : text(group.values.name, group, 'name');
  }

  private application(resource: Resource): Application {
    const { values, managed } = resource;
    const environment = variables(values.environment);
    const docker = values.docker_image !== undefined && values.docker_image !== null;
    const hidden = values.environment instanceof Unresolved ? values.environment : undefined;
    return {
      id: this.applicationId(resource),
      name: text(values.name, resource, 'name'),
      space: this.homeOf(resource),
      owned: managed,
      lifecycle: docker ? 'docker' : 'buildpack',
      // The provider switches SSH off where nothing is said about it.
      ssh: values.enable_ssh instanceof Unresolved ? 'unknown' : answer(values.enable_ssh === true),
      environment,
      ...(managed && { program: programOf(values, this.servicesOf(resource), this.pushed) }),
      allowlist:
        hidden !== undefined && (docker || endsWithBinary(values.buildpacks))
          ? { lines: [], unknown: [unknown(hidden, 'whether this is a proxy, and what it allows')] }
          : allowlistOf(environment, docker || isSet(values.sidecars)),
      origin: originOf(resource),
    };
  }

  /** What the code says of services that an application is bound to, by itself or by a binding of its own. */
  private servicesOf(application: Resource): Resource['values'][] {
    const names = new Set(
      listOf(application.values.service_bindings)
        .filter(isObject)
        .map(({ service_instance: name }) => name),
    );
    const named = this.all('cloudfoundry_service_instance')
      .filter(({ managed, values }) => managed && names.has(values.name))
      .map(({ values }) => values);
    const bound = this.all('cloudfoundry_service_credential_binding')
      .filter(({ managed, values }) => managed && this.find(values.app).includes(application))
      .map((binding) => {
        const { service_instance: id = null, parameters: params = null } = binding.values;
        const unread = { name: label(id, binding, 'service_instance'), credentials: id };
        return { ...(this.only(id, binding)?.values ?? unread), params };
      });
    return [...named, ...bound];
  }

  private homeOf(resource: Resource): string {
    const { org_name: org, space_name: space, space: id } = resource.values;
    if (id !== undefined) {
      // The older provider names the space by its id.
      const home = this.only(id, resource);
      return home === undefined ? label(id, resource, 'space') : this.spaceId(home);
    }
    return `${text(org, resource, 'org_name')}/${text(space, resource, 'space_name')}`;
  }

  private applicationId(resource: Resource): string {
    return `${this.homeOf(resource)}/${text(resource.values.name, resource, 'name')}`;
  }

  private policies(resource: Resource): Policy[] {
    const { policies } = resource.values;
    const entries = policies instanceof Unresolved ? [policies] : listOf(policies);
    return entries.flatMap((entry): Policy[] => {
      if (isObject(entry)) return this.policy(entry, resource);
      if (!(entry instanceof Unresolved)) return [];
      const any = { source: SOME_APPLICATION, destination: OTHER_APPLICATION, protocol: 'tcp' as const };
      const doubt = unknown(entry, `the policies of ${resource.address}`);
      return [{ ...any, ports: EVERY_PORT, unknown: doubt, origin: originOf(resource) }];
    });
  }

  private policy(policy: Readonly<Record<string, Value>>, resource: Resource): Policy[] {
    const { port, protocol, source_app: from, destination_app: to } = policy;
    const [sources, destinations] = [this.ends(from, resource, 'source'), this.ends(to, resource, 'destination')];
    const pairs = sources.flatMap((source) => destinations.map((destination) => ({ source, destination })));
    // Where both ends may be several, the code names two: nothing connects to itself.
    const apart = pairs.filter(({ source, destination }) => pairs.length === 1 || source !== destination);
    const open = apart.length > 1 || sources === SOME.source || destinations === SOME.destination;
    const { opens, doubtful } = protocolsOf(protocol);
    const doubt =
      unknownOf([port, protocol, ...(open ? [from, to] : [])], 'the port of this policy', [port, protocol]) ??
      unknownOf(open ? [from, to] : [], `which applications ${resource.address} names`) ??
      doubtful;
    return apart.flatMap((pair) =>
      opens.map((each) => ({
        ...pair,
        protocol: each,
        ports: typeof port === 'string' && hasPorts(each) ? ports(port) : EVERY_PORT,
        origin: originOf(resource),
        ...(doubt !== undefined && { unknown: doubt }),
      })),
    );
  }

  /** The applications that an end of a policy may be. */
  private ends(value: Value | undefined, resource: Resource, end: 'source' | 'destination'): readonly string[] {
    if (!(value instanceof Unresolved)) {
      const [application] = this.find(value, resource);
      return [application === undefined ? label(value, resource, 'app') : this.applicationId(application)];
    }
    const found = this.find(value, resource).filter(({ type }) => type === 'cloudfoundry_app');
    return value.exact && found.length > 0 && found.length <= MANY
      ? found.map((application) => this.applicationId(application))
      : SOME[end];
  }

  private route(resource: Resource): Route {
    const { host, path, destinations, url } = resource.values;
    const domain = this.only(resource.values.domain, resource);
    const domainName = domain === undefined ? undefined : text(domain.values.name, domain, 'name');
    const named = domainName ?? label(resource.values.domain, resource, 'domain');
    // A route without a host is its domain, and one of a TCP domain is a port of it.
    const name = [
      host === null || host === undefined || host === '' ? [] : [label(host, resource, 'host')],
      named,
    ].flat();
    const number = resource.values.port ?? null;
    const port = number === null ? '' : `:${typeof number === 'number' ? number : label(number, resource, 'port')}`;
    const entries = destinations instanceof Unresolved ? [destinations] : listOf(destinations);
    return {
      url:
        domainName === undefined && typeof url === 'string'
          ? url
          : `${name.join('.')}${port}${typeof path === 'string' ? path : ''}`,
      internal: this.isInternal(domain, domainName ?? (typeof url === 'string' ? url : undefined)),
      ...this.destinationsOf(entries, resource),
      origin: originOf(resource),
    };
  }

  /** Of the domains that a route may be of, the longest decides. */
  private domainOf(url: string): Resource | undefined {
    return this.all('cloudfoundry_domain')
      .map((domain) => ({ domain, name: text(domain.values.name, domain, 'name') }))
      .filter(({ name }) => hostOf(url).endsWith(`.${name}`))
      .sort((a, b) => b.name.length - a.name.length)[0]?.domain;
  }

  /** A domain that the code makes is internal if it says so, whatever it is called. */
  private isInternal(domain: Resource | undefined, name: string | undefined): Answer {
    const flag = domain?.values.internal;
    if (typeof flag === 'boolean') return answer(flag);
    if (domain?.managed === true) return flag instanceof Unresolved ? 'unknown' : 'no';
    const host = name === undefined ? '' : hostOf(name);
    return host === INTERNAL_DOMAIN || host.endsWith(`.${INTERNAL_DOMAIN}`) ? 'yes' : 'unknown';
  }

  private destinationsOf(entries: readonly Value[], resource: Resource): Pick<Route, 'applications' | 'possible'> {
    const [applications, possible]: [string[], string[]] = [[], []];
    for (const entry of entries) {
      const app = isObject(entry) ? entry.app_id : entry;
      const found = this.find(app, resource).filter(({ type }) => type === 'cloudfoundry_app');
      const ids = found.map((application) => this.applicationId(application));
      if (ids.length === 1 && certain(app)) applications.push(...ids);
      else if (!(app instanceof Unresolved)) applications.push(label(app, resource, 'app'));
      else possible.push(...(ids.length > 0 && app.exact ? ids : [SOME_APPLICATION]));
    }
    return { applications, ...(possible.length > 0 && { possible: [...new Set(possible)] }) };
  }

  /** Routes that an application names itself. */
  private ownRoutes(resource: Resource): Route[] {
    if (!resource.managed) return [];
    const { routes, random_route: random } = resource.values;
    const common = { applications: [this.applicationId(resource)], origin: originOf(resource) };
    const named = routes instanceof Unresolved ? [] : listOf(routes).filter(isObject);
    const ofRoute = (route: Value | undefined): Pick<Route, 'url' | 'internal'> => {
      // The older provider names the route by its id.
      const found = this.only(route, resource);
      if (found?.type === 'cloudfoundry_route') return this.route(found);
      const url = label(route, resource, 'route');
      return { url, internal: this.isInternal(this.domainOf(url), url) };
    };
    const isHidden = [routes, ...listOf(routes)].some((each) => each instanceof Unresolved);
    const hidden = isHidden ? { applications: [], possible: common.applications } : undefined;
    return [
      ...(hidden === undefined
        ? []
        : [{ ...common, ...hidden, url: label(undefined, resource, 'routes'), internal: 'unknown' as const }]),
      ...named.map(({ route }) => {
        const { url, internal } = ofRoute(route);
        return { ...common, url, internal };
      }),
      ...(random === true ? [{ ...common, url: 'a route with a random name', internal: 'no' as const }] : []),
    ];
  }

  /** The resource that a value names, where it can't be another one. */
  private only(value: Value | undefined, from: Resource): Resource | undefined {
    if (!certain(value)) return undefined;
    const [found, ...others] = this.find(value, from);
    return others.length === 0 ? found : undefined;
  }

  /** The resources that a value may name: one for an id or an exact reference. */
  private find(value: Value | undefined, from?: Resource): Resource[] {
    if (typeof value === 'string') {
      const resource = this.byId.get(value);
      return resource === undefined ? [] : [resource];
    }
    if (!(value instanceof Unresolved)) return [];
    const found = value.references
      .filter(({ attribute }) => attribute === 'id' || !value.exact)
      .flatMap(({ stack, address }) => {
        const exact = this.byAddress.get(`${stack} ${address}`);
        return exact === undefined ? (this.instances.get(`${stack} ${address}`) ?? []) : [exact];
      });
    return [...new Set(found)].filter(({ address }) => address !== from?.address);
  }
}

/** The spaces that a plural data source has found, each as one of its own. */
function listedSpaces({ type, values, ...place }: Resource): Resource[] {
  if (type !== 'cloudfoundry_spaces') return [];
  return listOf(values.spaces)
    .filter(isObject)
    .map((space) => ({ ...place, managed: false, type: 'cloudfoundry_space', values: space }));
}

/** The last buildpack of a proxy that comes without an image; those of languages start something else. */
function endsWithBinary(buildpacks: Value | undefined): boolean {
  const last = buildpacks instanceof Unresolved ? buildpacks : listOf(buildpacks).at(-1);
  return last instanceof Unresolved || (typeof last === 'string' && /\bbinary[-_]buildpack\b/.test(last));
}

function isSet(list: Value | undefined): boolean {
  return list instanceof Unresolved || listOf(list).length > 0;
}

function certain(value: Value | undefined): boolean {
  return typeof value === 'string' || (value instanceof Unresolved && value.exact);
}

function originOf({ stack, address, path }: Resource): Origin {
  return { stack, address, path };
}

function unknown(value: Unresolved, what: string): Unknown {
  return { token: value.token, because: `${what} (${value.because})` };
}

/** All of it that is not known together, if one of those is that it is about. */
function unknownOf(values: readonly (Value | undefined)[], what: string, about = values): Unknown | undefined {
  const hidden = values.filter((value) => value instanceof Unresolved);
  const first = about.find((value) => value instanceof Unresolved);
  return first && { ...unknown(first, what), token: hidden.map(({ token }) => token).join(' ') };
}

/** Any of them for a word that nobody knows, and for one that is not known yet. */
function protocolsOf(protocol: Value = null): { readonly opens: readonly Protocol[]; readonly doubtful?: Unknown } {
  const known = OPENS.get(protocol);
  if (known !== undefined) return { opens: known };
  if (protocol instanceof Unresolved) return { opens: ['tcp', 'udp'] };
  const word = fingerprint(canonical(protocol));
  return {
    opens: PROTOCOLS,
    doubtful: { token: `protocol ${word}`, because: `a protocol that is not known (${word})` },
  };
}

function hasPorts(protocol: Protocol): boolean {
  return protocol === 'tcp' || protocol === 'udp';
}

/** What holds if one of two does. */
function either(one: Answer, other: Answer): Answer {
  return (['yes', 'unknown'] as const).find((each) => [one, other].includes(each)) ?? 'no';
}

function answer(yes: boolean): Answer {
  return yes ? 'yes' : 'no';
}

/** A name that must be there; what is not known stands as a name that nothing else has. */
function text(value: Value | undefined, resource: Resource, attribute: string): string {
  return typeof value === 'string' ? value : label(value, resource, attribute);
}

function label(value: Value | undefined, { address }: Resource, attribute: string): string {
  return typeof value === 'string' ? value : `(${attribute} of ${address})`;
}

/** Of a route's address, which may go on with a port and a path. */
function hostOf(url: string): string {
  return url.replace(/[:/].*$/s, '');
}

function ruleReach(group: string, rule: Value): Reach {
  if (!isObject(rule)) return new Reach(Traffic.NONE, [unreadable(group, rule, 'it is not known yet')]);
  const hidden = unknownOf(Object.values(rule), `a rule of group ${group}`);
  if (hidden !== undefined) return new Reach(Traffic.NONE, [{ ...hidden, token: canonical(rule) }]);
  try {
    return new Reach(Traffic.rule(rule as unknown as Rule), []);
  } catch {
    return new Reach(Traffic.NONE, [unreadable(group, rule, fingerprint(JSON.stringify(rule)))]);
  }
}

function unreadable(group: string, rule: Value, why: string): Unknown {
  return {
    token: `rule ${canonical(rule)}`,
    because: `a rule of security group ${group} can't be read: ${why}`,
    opens: true,
  };
}

function variables(environment: Value | undefined): Map<string, Variable> {
  if (environment instanceof Unresolved) return new Map([['(all of them)', unknown(environment, 'the environment')]]);
  if (!isObject(environment)) return new Map();
  return new Map(
    Object.entries(environment)
      .filter(([, value]) => value !== null)
      .map(([name, value]) => [name, variable(value, name)]),
  );
}

/** The provider makes a text of a number; what can't be one is unknown like all that is not read. */
function variable(value: Value, name: string): Variable {
  if (typeof value !== 'object' || value === null) return `${value}`;
  if (!(value instanceof Unresolved)) return unknown(new Unresolved(JSON.stringify(value), 'it is no text'), name);
  return { ...unknown(value, name), ...(value.filled && { filled: true }) };
}
