import { SOME_APPLICATION, type Route } from '../../model/facts';
import type { Answer } from '../../model/reach';
import { canonical, isObject, listOf, Unresolved, type Resource, type Value } from '../values';
import { applicationId } from './applications';
import { label, originOf, answer, certain } from './labels';
import type { References } from './references';

/** The platform's default domain for internal routes. */
const INTERNAL_DOMAIN = 'apps.internal';

export function routesOf(references: References): Route[] {
  return [
    ...references.managed('cloudfoundry_app').flatMap((resource) => ownRoutes(references, resource)),
    ...references.managed('cloudfoundry_route').map((resource) => routeOf(references, resource)),
  ];
}

export function routeOf(references: References, resource: Resource): Route {
  const { host, path, destinations, url } = resource.values;
  const domain = references.only(resource.values.domain, resource);
  const domainName = domain === undefined ? undefined : label(domain.values.name, domain, 'name');
  const named = domainName ?? label(resource.values.domain, resource, 'domain');
  // A route without a host is the domain itself, and one of a TCP domain is one of its ports.
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
    internal: isInternal(domain, domainName ?? (typeof url === 'string' ? url : undefined)),
    ...destinationsOf(references, entries, resource),
    origin: originOf(resource),
  };
}

/** Routes that an application declares itself. */
function ownRoutes(references: References, resource: Resource): Route[] {
  const { routes, random_route: random } = resource.values;
  const common = { applications: [applicationId(references, resource)], origin: originOf(resource) };
  const named = routes instanceof Unresolved ? [] : listOf(routes).filter(isObject);
  const ofRoute = (route: Value | undefined): Pick<Route, 'url' | 'internal'> => {
    // The older provider refers to the route by its id.
    const found = references.only(route, resource);
    if (found?.type === 'cloudfoundry_route') return routeOf(references, found);
    const url = label(route, resource, 'route');
    return { url, internal: isInternal(domainOf(references, url), url) };
  };
  const isHidden = [routes, ...listOf(routes)].some((each) => each instanceof Unresolved);
  const hidden = isHidden
    ? { applications: [], possible: common.applications, token: canonical(routes ?? null) }
    : undefined;
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

/** Of the domains that a route may belong to, the longest one applies. */
function domainOf(references: References, url: string): Resource | undefined {
  return references
    .all('cloudfoundry_domain')
    .map((domain) => ({ domain, name: label(domain.values.name, domain, 'name') }))
    .filter(({ name }) => hostOf(url).endsWith(`.${name}`))
    .sort((a, b) => b.name.length - a.name.length)[0]?.domain;
}

/** A domain that the code creates is internal if it says so, whatever its name. */
function isInternal(domain: Resource | undefined, name: string | undefined): Answer {
  const said = domain?.values.internal;
  if (typeof said === 'boolean') return answer(said);
  if (domain?.managed === true) return said instanceof Unresolved ? 'unknown' : 'no';
  const host = name === undefined ? '' : hostOf(name);
  return host === INTERNAL_DOMAIN || host.endsWith(`.${INTERNAL_DOMAIN}`) ? 'yes' : 'unknown';
}

function destinationsOf(
  references: References,
  entries: readonly Value[],
  resource: Resource,
): Pick<Route, 'applications' | 'possible' | 'token'> {
  const [applications, possible]: [string[], string[]] = [[], []];
  for (const entry of entries) {
    const app = isObject(entry) ? entry.app_id : entry;
    const found = references.find(app, resource).filter(({ type }) => type === 'cloudfoundry_app');
    const ids = found.map((application) => applicationId(references, application));
    if (ids.length === 1 && certain(app)) applications.push(...ids);
    else if (!(app instanceof Unresolved)) applications.push(label(app, resource, 'app'));
    else possible.push(...(ids.length > 0 && app.exact ? ids : [SOME_APPLICATION]));
  }
  const token = canonical(entries);
  return { applications, ...(possible.length > 0 && { possible: [...new Set(possible)], token }) };
}

/** The host of a route's address, which may continue with a port and a path. */
function hostOf(url: string): string {
  return url.replace(/[:/].*$/s, '');
}
