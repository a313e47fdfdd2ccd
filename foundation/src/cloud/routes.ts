import { z } from 'zod';
import { isWithin } from '../domain-name';
import { randomUUID } from 'node:crypto';
import { canReadDomain, isDomainOf } from './domains';
import { unprocessable } from './errors';
import { recordOfPart, recordOfRoute, requested } from './events';
import { mergeMetadata, NO_METADATA, type MetadataPatch } from './metadata';
import type { Access } from './permissions';
import { requireRouteWithinQuota } from './quotas';
import { type Destination, type Domain, type Route, isSameName } from './records';
import type { State } from './state';

/** Messages for what the router does not support. */
export const ONLY_HTTP1 = "This foundation does not support HTTP/2 to applications: a destination's protocol is http1";
export const NO_OPTIONS =
  'This foundation does not support route options: its router sends requests to the instances of a route in turn';

/** `null` removes an option, and generated manifests have an empty object; neither sets one. */
const isEmpty = (given: unknown): boolean =>
  given === null || (typeof given === 'object' && Object.values(given).every((value) => value === null));

export const routeProtocol = z.literal('http1', ONLY_HTTP1).nullish();
export const routeOptions = z
  .unknown()
  .refine((given) => given === undefined || isEmpty(given), NO_OPTIONS)
  .optional();

const DEFAULT_PORT = 8080;
const MAX_HOST = 63;
const MAX_PATH = 128;
/** Without dots, since a name of several labels needs its own domain. */
const HOST = /^(\*|[\w-]+)?$/;

/** The checks, in the platform's order. */
const FAULTS: readonly (readonly [(host: string, path: string) => boolean, string])[] = [
  [(host) => host.length > MAX_HOST, `Host is too long (maximum is ${MAX_HOST} characters)`],
  [(host) => !HOST.test(host), 'Host must be either "*" or contain only alphanumeric characters, "_", or "-"'],
  [(_host, path) => path.length > MAX_PATH, `Path is too long (maximum is ${MAX_PATH} characters)`],
  [(_host, path) => path !== '' && !path.startsWith('/'), 'Path must begin with /'],
  [(_host, path) => path.includes('?'), 'Path cannot contain ?'],
  [(_host, path) => path === '/', 'Path cannot be exactly /'],
];

export interface DestinationCommand {
  readonly appGuid: string;
  readonly processType: string;
  readonly port?: number;
}

const writtenHostname = (route: Route, domain: Domain): string =>
  route.host === '' ? domain.name : `${route.host}.${domain.name}`;

/** The name as router and DNS look it up. */
export const hostnameOf = (route: Route, domain: Domain): string => writtenHostname(route, domain).toLowerCase();

export const urlOf = (state: State, route: Route): string =>
  `${writtenHostname(route, state.domains.expect(route.domainGuid))}${route.path}`;

/** A destination's own port, or the first that the image exposes, or 8080. */
export const presentedPort = (state: State, destination: DestinationCommand): number => {
  const droplet = state.droplets.get(state.apps.get(destination.appGuid)?.currentDropletGuid);
  return destination.port ?? droplet?.execution?.ports[0] ?? DEFAULT_PORT;
};

const requireValidHost = (domain: Domain, host: string, path: string): void => {
  const faults = FAULTS.filter(([isFault]) => isFault(host, path)).map(([, says]) => says);
  if (faults.length > 0) throw unprocessable(faults.join(', '));
  if (domain.internal && host.startsWith('*')) {
    throw unprocessable('Wildcard hosts are not supported for internal domains.');
  }
  if (domain.internal && path !== '') throw unprocessable('Paths are not supported for internal domains.');
  if (host === '' && domain.organizationGuid === undefined) {
    throw unprocessable('Missing host. Routes in shared domains must have a host defined.');
  }
};

export const findRoute = (state: State, domain: Domain, host: string, path: string): Route | undefined =>
  state.routes.find(
    (route) => route.domainGuid === domain.guid && isSameName(route.host, host) && isSameName(route.path, path),
  );

/** Doesn't check permissions; the caller does. */
export const addRoute = (
  state: State,
  command: { spaceGuid: string; domain: Domain; host: string; path: string; metadata?: MetadataPatch | null },
): Route => {
  const { domain, spaceGuid, host, path } = command;
  requireValidHost(domain, host, path);
  if (findRoute(state, domain, host, path)) {
    const pathText = path === '' ? '' : ` and path '${path}'`;
    throw unprocessable(
      host === ''
        ? `Route already exists for domain '${domain.name}'${path === '' ? '' : ` with path '${path}'`}.`
        : `Route already exists with host '${host}'${pathText} for domain '${domain.name}'.`,
    );
  }
  const route = state.routes.put({
    ...state.stamp(),
    spaceGuid,
    domainGuid: domain.guid,
    host,
    path,
    destinations: [],
    metadata: mergeMetadata(NO_METADATA, command.metadata),
  });
  requireRouteWithinQuota(state, spaceGuid);
  recordOfRoute(state, 'create', route, requested({ host, path, domain_guid: domain.guid }));
  return route;
};

export const createRoute = (
  state: State,
  command: { spaceGuid: string; domainGuid: string; host: string; path: string; metadata?: MetadataPatch | null },
  access: Access,
): Route => {
  const { organizationGuid } = access.requirePlace('route:write', command.spaceGuid);
  const domain = state.domains.get(command.domainGuid);
  if (!domain || !canReadDomain(access, domain)) {
    throw unprocessable('Invalid domain. Ensure that the domain exists and you have access to it.');
  }
  const isOfEverybody = domain.organizationGuid === undefined && !domain.internal;
  if (command.host.startsWith('*') && isOfEverybody && !access.everywhere('route:write')) {
    throw unprocessable(
      'You do not have sufficient permissions to create a route with a wildcard host on a domain not scoped to an ' +
        'organization.',
    );
  }
  if (!isDomainOf(domain, organizationGuid)) {
    const { name } = state.organizations.expect(organizationGuid);
    throw unprocessable(`Invalid domain. Domain '${domain.name}' is not available in organization '${name}'.`);
  }
  return addRoute(state, { ...command, domain });
};

/** Compares the effective ports, since the provider reads the port that is shown, and from then on sets it. */
const same = (state: State, a: DestinationCommand, b: DestinationCommand): boolean =>
  a.appGuid === b.appGuid && a.processType === b.processType && presentedPort(state, a) === presentedPort(state, b);

/** Existing destinations keep their GUIDs, since the provider fails if one changes. */
const withDestinations = (
  state: State,
  route: Route,
  wanted: readonly DestinationCommand[],
  kept: readonly Destination[],
): Route => {
  for (const { appGuid, port } of wanted) {
    const app = state.apps.get(appGuid);
    if (!app) throw unprocessable(`App(s) with guid(s) "${appGuid}" do not exist or you do not have access.`);
    if (app.spaceGuid !== route.spaceGuid) {
      throw unprocessable('Routes cannot be mapped to destinations in different spaces');
    }
    if (port !== undefined && (!Number.isInteger(port) || port < 1024 || port > 65535)) {
      throw unprocessable('Destinations[0]: port must be a positive integer between 1024 and 65535 inclusive.');
    }
  }
  const destinations = [...kept];
  for (const destination of wanted) {
    if (!destinations.some((other) => same(state, other, destination))) {
      const before = route.destinations.find((other) => same(state, other, destination));
      destinations.push({ guid: before?.guid ?? randomUUID(), ...destination });
    }
  }
  return changeDestinations(state, route, destinations);
};

const changeDestinations = (state: State, route: Route, destinations: readonly Destination[]): Route => {
  const record = (what: string, from: readonly Destination[], without: readonly Destination[]): void => {
    for (const destination of from) {
      if (!without.some(({ guid }) => guid === destination.guid)) {
        const { guid, processType } = destination;
        recordOfPart(state, what, destination, {
          route_guid: route.guid,
          destination_guid: guid,
          process_type: processType,
        });
      }
    }
  };
  record('unmap-route', route.destinations, destinations);
  record('map-route', destinations, route.destinations);
  return state.routes.put({ ...route, updatedAt: state.now(), destinations });
};

export const replaceDestinations = (state: State, route: Route, wanted: readonly DestinationCommand[]): Route =>
  withDestinations(state, route, wanted, []);

export const addDestinations = (state: State, route: Route, wanted: readonly DestinationCommand[]): Route =>
  withDestinations(state, route, wanted, route.destinations);

export const removeDestination = (state: State, route: Route, guid: string): Route => {
  if (!route.destinations.some((destination) => destination.guid === guid)) {
    throw unprocessable('Unable to unmap route from destination. Ensure the route has a destination with this guid.');
  }
  return changeDestinations(
    state,
    route,
    route.destinations.filter((destination) => destination.guid !== guid),
  );
};

/** Removes an application from every route. */
export const unmapApp = (state: State, appGuid: string): void => {
  for (const route of state.routes) {
    const destinations = route.destinations.filter((destination) => destination.appGuid !== appGuid);
    if (destinations.length < route.destinations.length) changeDestinations(state, route, destinations);
  }
};

/** Parses a manifest's route, such as `demo.apps.localhost/path`: the longest matching domain wins. */
export const splitRoute = (state: State, text: string): { domain: Domain; host: string; path: string } | undefined => {
  const [, hostname = '', path = ''] = /^(?:https?:\/\/)?([^/:]+)(\/.*)?$/.exec(text) ?? [];
  const [domain] = state.domains
    .where((candidate) => isWithin(hostname.toLowerCase(), candidate.name.toLowerCase()))
    .sort((a, b) => b.name.length - a.name.length);
  return domain && { domain, host: hostname.slice(0, Math.max(0, hostname.length - domain.name.length - 1)), path };
};
