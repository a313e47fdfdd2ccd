import { wider } from '../../constructs/values/host-name';
import { addresses, PRIVATE } from '../model/addresses';
import type { Application, Variable } from '../model/facts';
import { readOr } from '../model/unreadable';
import type { Model } from '../model/model';
import { printPorts } from '../model/traffic';
import { say, type Phrase } from '../phrase';
import type { Observation, Rule } from '.';

const PROXY_VARIABLES = ['HTTP_PROXY', 'HTTPS_PROXY', 'http_proxy', 'https_proxy', 'EGRESS_PROXY_URI'];
const EXCEPTIONS = ['NO_PROXY', 'no_proxy', 'EGRESS_NO_PROXY'];

/** What a client of a proxy may connect to directly: the container itself and internal routes. */
const LOCAL = new Set(['localhost', '127.0.0.1', '::1', 'internal', 'local']);

export const clientDirectEgress: Rule = {
  id: 'client-direct-egress',
  title: 'a client of a proxy also reaches the internet directly',
  why: 'a program that ignores HTTPS_PROXY bypasses the proxy and its allowlist',
  acknowledgeable: true,
  *check(model) {
    for (const { id, name, space, origin } of clients(model)) {
      const direct = model.egress(space).reachesInternet;
      if (direct === 'no') continue;
      const verb = direct === 'yes' ? 'reaches' : 'may reach';
      yield {
        level: direct === 'yes' ? 'warning' : 'unknown',
        subject: id,
        message: say`${name} uses a proxy, but its space ${space} ${[verb]} the internet without it`,
        origin,
      };
    }
  },
};

export const edgeUnused: Rule = {
  id: 'edge-unused',
  title: 'a network policy to a proxy that its source does not use',
  why: 'nobody watches access that nobody uses; remove the policy, or set the proxy in the client',
  acknowledgeable: true,
  *check(model) {
    for (const { source, destination, ports, origin, unknown } of model.policies) {
      // If it may be between any two applications, the affected one isn't known.
      if (unknown !== undefined) continue;
      const client = model.applications.get(source);
      const proxy = model.applications.get(destination);
      if (client?.owned !== true || proxy === undefined || !model.proxies.isProxy(destination)) continue;
      const observe = (message: Phrase): Observation => ({
        level: 'warning',
        subject: source,
        detail: proxy.name,
        message,
        origin,
      });
      const forwards = model.proxies.isForward(destination);
      const may = (): Phrase =>
        say`${client.name} may connect to the ${[forwards ? 'forwarder' : 'proxy']} ${proxy.name}`;
      if (model.proxies.answersMetrics(destination, ports)) continue;
      const listens = model.proxies.portsOf(destination);
      if (ports.intersect(listens).isEmpty) {
        yield observe(say`${may()}, but not on a port where it listens (${[printPorts(listens)]})`);
        continue;
      }
      if (forwards) continue;
      const asked = portsAsked(client);
      const open = (port: number): boolean => model.connects(source, destination, 'tcp', port) !== 'no';
      if (!PROXY_VARIABLES.some((name) => client.environment.has(name))) {
        yield observe(say`${may()}, but none of its variables names a proxy`);
      } else if (asked !== undefined && !asked.some(open)) {
        yield observe(
          say`${may()} on port ${[printPorts(ports)]}, but its variables name port ${[asked.join(' and ')]}`,
        );
      }
    }
  },
};

export const noProxyWide: Rule = {
  id: 'no-proxy-wide',
  title: 'NO_PROXY excludes internet hosts from the proxy',
  why: 'clients connect to these hosts directly: a closed space refuses that, and an open one bypasses the allowlist',
  acknowledgeable: true,
  *check(model) {
    for (const { id, name, environment, origin } of clients(model)) {
      const entries = EXCEPTIONS.flatMap((variable) => entriesOf(environment.get(variable)));
      const internal = new Set(model.routes.filter((route) => route.internal === 'yes').map(({ url }) => url));
      for (const entry of new Set(entries)) {
        if (isLocal(entry, internal)) continue;
        yield {
          level: 'warning',
          subject: id,
          detail: entry,
          message: say`${name} connects to ${entry} without the proxy`,
          origin,
        };
      }
    }
  },
};

export const sshOn: Rule = {
  id: 'ssh-on',
  title: 'an application with SSH on',
  why: 'anyone who can deploy can send data from inside the container without a review; turn SSH on only while you need it',
  acknowledgeable: true,
  *check(model) {
    for (const { id, name, owned, ssh, space, origin } of model.applications.values()) {
      if (!owned || ssh === 'no' || model.spaces.get(space)?.ssh === 'no') continue;
      const certain = ssh === 'yes';
      yield {
        level: certain ? 'warning' : 'unknown',
        subject: id,
        message: certain ? say`SSH is on for ${name}` : say`whether SSH is on for ${name} is unknown`,
        origin,
      };
    }
  },
};

/** The proxy ports in a client's variables; undefined if one of them can't be read. */
function portsAsked({ environment }: Application): number[] | undefined {
  const values = [...environment].flatMap(([name, value]) => (PROXY_VARIABLES.includes(name) ? [value] : []));
  const found = values.map((value) => (typeof value === 'string' ? /:(\d+)\/?$/.exec(value)?.[1] : undefined));
  if (found.includes(undefined)) return undefined;
  return [...new Set(found.map(Number))].sort((a, b) => a - b);
}

/**
 * Applications that may connect to a proxy or are configured to use one; proxies themselves don't count. A forwarder is
 * for one host and doesn't affect how its clients reach others.
 */
function clients(model: Model): Application[] {
  return [...model.applications.values()].filter(
    ({ id, allowlist, environment }) =>
      allowlist === undefined &&
      ([...model.proxies.of(id).keys()].some(
        (proxy) => model.proxies.isProxy(proxy) && !model.proxies.isForward(proxy),
      ) ||
        PROXY_VARIABLES.some((name) => environment.has(name))),
  );
}

function entriesOf(value: Variable | undefined): string[] {
  if (typeof value !== 'string') return [];
  return value
    .split(/[\s,]+/)
    .map((entry) => entry.toLowerCase())
    .filter((entry) => entry !== '');
}

function isLocal(entry: string, internal: ReadonlySet<string>): boolean {
  const name = entry.replace(/^\*?\./, '').replace(/:\d+$/, '');
  if (LOCAL.has(entry) || internal.has(name)) return true;
  if (/\.(?:internal|local)$/.test(`.${name}`) || [...internal].some((url) => wider(url).includes(`.${name}`)))
    return true;
  return readOr(
    () => PRIVATE.covers(addresses(entry)) || addresses('127.0.0.0/8').covers(addresses(entry)),
    () => false,
  );
}
