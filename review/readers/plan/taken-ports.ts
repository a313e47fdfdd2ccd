import { block, list, text, type Json } from '../json';
import { isObject, listOf, type Resource, type Value } from '../values';
import type { Program } from './changes';

/** The platform's default port for an application that is built from files. */
const DEFAULT_PORT = 8080;
const ROUTE = 'cloudfoundry_route';
/** Only the name of such a route matters: clients that resolve it choose the port. */
const INTERNAL = /\.apps\.internal(?:[:/]|$)/;

/**
 * Determines the port of a route that the code no longer sets. If the code sets a port, the engine has it in the plan;
 * if not, the engine omits it and the provider keeps the previous port. For an application built from files, a previous
 * port other than the platform's default was set by the code. For an image, it may be one that the image exposes: only
 * the program before the change distinguishes the two, so that without it every update of an image would be unknown.
 *
 * @param earlier what the code said before the change, if available
 */
export function withoutTakenPorts(
  changes: readonly Json[],
  before: readonly Resource[],
  earlier: () => Program,
): (resource: Resource) => Resource {
  const unsaid = new Set(changes.filter(isUnsaid).map(({ address }) => text(address)));
  if (unsaid.size === 0) return (resource) => resource;
  const program = earlier();
  const isOfFiles = ({ managed, type, values }: Resource): boolean =>
    managed && type === 'cloudfoundry_app' && (values.docker_image ?? null) === null;
  const ofFiles = new Set(before.filter(isOfFiles).map(({ values }) => values.id));
  const routes = new Map(before.filter(({ type }) => type === ROUTE).map((route) => [route.address, route.values]));
  return (resource) => {
    const { address, values } = resource;
    const { url, destinations: were } = routes.get(address) ?? {};
    if (!unsaid.has(address) || (typeof url === 'string' && INTERNAL.test(url))) return resource;
    const mayBeExposed = program.size === 0 || saysNoPort(program.get(address)?.destinations);
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
