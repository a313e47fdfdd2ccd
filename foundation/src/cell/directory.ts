import type { RouteRule } from './cell';

/** An instance that serves clients. */
export interface Backend {
  readonly instanceGuid: string;
  readonly appGuid: string;
  readonly processType: string;
  readonly index: number;
  readonly address: string;
}

export interface Endpoint extends Backend {
  readonly port: number;
}

export interface PublicRoute {
  /** Host and path, as a key for data about the route. */
  readonly key: string;
  readonly path: string;
  readonly endpoints: readonly Endpoint[];
  /** URL of the route service that requests go to first. */
  readonly routeService?: string;
}

interface Candidate {
  readonly path: string;
  readonly route: PublicRoute;
}

/** The instances that currently serve each name: internal routes for DNS, all others for the router. */
export class Directory {
  private readonly internal = new Map<string, readonly Backend[]>();
  private readonly hosts = new Map<string, Candidate[]>();

  public constructor(routes: readonly RouteRule[], backends: readonly Backend[]) {
    const byProcess = new Map<string, Backend[]>();
    for (const backend of backends) {
      const key = processKey(backend);
      byProcess.set(key, [...(byProcess.get(key) ?? []), backend]);
    }
    for (const { hostname, path, internal, destinations, routeService } of routes) {
      const endpoints = destinations.flatMap((destination) =>
        (byProcess.get(processKey(destination)) ?? []).map((backend) => ({ ...backend, port: destination.port })),
      );
      if (internal) {
        this.internal.set(hostname, endpoints);
      } else if (endpoints.length > 0) {
        const key = `${hostname}${path}`;
        const route = { key, path, endpoints, ...(routeService === undefined ? {} : { routeService }) };
        this.hosts.set(hostname, [...(this.hosts.get(hostname) ?? []), { path, route }]);
      }
    }
    for (const candidates of this.hosts.values()) candidates.sort((a, b) => b.path.length - a.path.length);
  }

  /** The addresses of `HOST.apps.internal`, or of one instance as `INDEX.HOST.apps.internal`; in lower case. */
  public resolve(name: string): readonly string[] {
    const all = this.internal.get(name);
    if (all) return unique(all);
    const [index = '', ...host] = name.split('.');
    if (!/^\d+$/.test(index)) return [];
    const some = this.internal.get(host.join('.')) ?? [];
    return unique(some.filter((backend) => backend.index === Number(index)));
  }

  /** The best match: an exact host before a wildcard, then the longest path of whole segments. */
  public match(host: string, path: string): PublicRoute | undefined {
    for (const name of candidateHosts(host)) {
      const found = this.hosts.get(name)?.find((candidate) => isBelow(path, candidate.path));
      if (found) return found.route;
    }
    return undefined;
  }
}

/** The key of a process. */
export function processKey({
  appGuid,
  processType,
}: {
  readonly appGuid: string;
  readonly processType: string;
}): string {
  return `${appGuid}/${processType}`;
}

function unique(backends: readonly Backend[]): string[] {
  return [...new Set(backends.map(({ address }) => address))];
}

function candidateHosts(host: string): string[] {
  const labels = host.split('.');
  return [host, ...labels.slice(1).map((_label, index) => ['*', ...labels.slice(index + 1)].join('.'))];
}

function isBelow(path: string, prefix: string): boolean {
  return prefix === '' || path === prefix || path.startsWith(`${prefix}/`);
}
