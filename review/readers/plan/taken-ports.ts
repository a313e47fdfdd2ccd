import { block, list, text, type Json } from '../json';
import { isObject, listOf, type Resource, type Value } from '../values';
import type { Program } from './changes';

/** What the platform takes for the port of an application of files where nothing says one. */
const DEFAULT_PORT = 8080;
const ROUTE = 'cloudfoundry_route';
/** Of such a route only the name counts: whoever resolves it takes the port that he likes. */
const INTERNAL = /\.apps\.internal(?:[:/]|$)/;

/**
 * Takes the port that the code no longer says from where a route leads. The engine has a port that the code says in the plan, and
 * leaves out one that it does not, in the place of which the provider keeps what had been there. Of an application of files that
 * was said by the code, unless it is the one that the platform has for all of them. Of an image it may be one that this exposes:
 * only the program before the change tells the two apart, so that without it every update of an image would be unknown.
 *
 * @param earlier what the code said before the change, where it is at hand
 */
export function withoutTakenPorts(
  changes: readonly Json[],
  before: readonly Resource[],
  earlier: Program,
): (resource: Resource) => Resource {
  const unsaid = new Set(changes.filter(isUnsaid).map(({ address }) => text(address)));
  if (unsaid.size === 0) return (resource) => resource;
  const isOfFiles = ({ managed, type, values }: Resource): boolean =>
    managed && type === 'cloudfoundry_app' && (values.docker_image ?? null) === null;
  const ofFiles = new Set(before.filter(isOfFiles).map(({ values }) => values.id));
  const routes = new Map(before.filter(({ type }) => type === ROUTE).map((route) => [route.address, route.values]));
  return (resource) => {
    const { address, values } = resource;
    const { url, destinations: were } = routes.get(address) ?? {};
    if (!unsaid.has(address) || (typeof url === 'string' && INTERNAL.test(url))) return resource;
    const mayBeExposed = earlier.size === 0 || saysNoPort(earlier.get(address)?.destinations);
    const said = listOf(were)
      .filter(isObject)
      .filter(({ app_id: app, port }) => port !== DEFAULT_PORT && (ofFiles.has(app) || !mayBeExposed))
      .map(({ port }) => port);
    if (said.length === 0) return resource;
    const destinations = listOf(values.destinations).map((one) =>
      isObject(one) && said.includes(one.port) ? { ...one, port: null } : one,
    );
    return { ...resource, values: { ...values, destinations } };
  };
}

/** Whether an update of a route leaves its ports to the platform. */
function isUnsaid({ type, change }: Json): boolean {
  const { actions, after_unknown: later } = block(change);
  const destinations = list(block(later).destinations);
  return (
    type === ROUTE &&
    list(actions).join() === 'update' &&
    destinations.length > 0 &&
    destinations.every((one) => block(one).port === true)
  );
}

function saysNoPort(destinations: Value | undefined): boolean {
  return (
    Array.isArray(destinations) && destinations.every((one: Value) => isObject(one) && (one.port ?? null) === null)
  );
}
