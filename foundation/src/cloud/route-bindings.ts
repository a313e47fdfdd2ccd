/** Route services of user-provided instances. Brokers can't offer them here (`requires: ["route_forwarding"]`). */
import { alreadyBoundToRoute, notAuthorized, unprocessable } from './errors';
import { recordOfRoute, recordOfService } from './events';
import { mergeMetadata, NO_METADATA, type MetadataPatch } from './metadata';
import type { Access } from './permissions';
import type { Route, RouteBinding, ServiceInstance } from './records';
import type { State } from './state';

export interface RouteBindingCommand {
  readonly serviceInstanceGuid: string;
  readonly routeGuid: string;
  readonly parameters?: Readonly<Record<string, unknown>> | null;
  readonly metadata?: MetadataPatch | null;
}

export const spaceOfRouteBinding = (state: State, { routeGuid }: RouteBinding): string =>
  state.routes.expect(routeGuid).spaceGuid;

const requireInstance = (state: State, access: Access, guid: string): ServiceInstance => {
  const instance = state.serviceInstances.get(guid);
  if (!instance || !access.inSpace('service:read', instance.spaceGuid)) {
    throw unprocessable(`The service instance could not be found: ${guid}`);
  }
  if (!access.inSpace('app:manage', instance.spaceGuid)) throw notAuthorized();
  return instance;
};

const requireRoute = (state: State, access: Access, guid: string): Route => {
  const route = state.routes.get(guid);
  if (!route || !access.inSpace('space:read', route.spaceGuid)) {
    throw unprocessable(`The route could not be found: ${guid}`);
  }
  return route;
};

const requireFree = (state: State, route: Route, instance: ServiceInstance): void => {
  const before = state.routeBindings.find(({ routeGuid }) => routeGuid === route.guid);
  if (before?.serviceInstanceGuid === instance.guid) throw alreadyBoundToRoute();
  if (before) throw unprocessable('A route may only be bound to a single service instance');
};

/** @see https://docs.cloudfoundry.org/services/route-services.html */
export const createRouteBinding = (state: State, command: RouteBindingCommand, access: Access): RouteBinding => {
  const instance = requireInstance(state, access, command.serviceInstanceGuid);
  const route = requireRoute(state, access, command.routeGuid);
  if (instance.type === 'user-provided' && command.parameters !== undefined) {
    throw unprocessable('Binding parameters are not supported for user-provided service instances');
  }
  const { routeServiceUrl } = instance;
  if (routeServiceUrl === null || routeServiceUrl === '') {
    throw unprocessable('This service instance does not support route binding');
  }
  if (state.domains.expect(route.domainGuid).internal) {
    throw unprocessable('Route services cannot be bound to internal routes');
  }
  if (route.spaceGuid !== instance.spaceGuid) {
    throw unprocessable('The service instance and the route are in different spaces');
  }
  requireFree(state, route, instance);
  recordOfService(state, 'bind_route', instance, { route_guid: route.guid });
  return state.routeBindings.put({
    ...state.stamp(),
    routeGuid: route.guid,
    serviceInstanceGuid: instance.guid,
    routeServiceUrl,
    metadata: mergeMetadata(NO_METADATA, command.metadata),
  });
};

export const deleteRouteBinding = (state: State, guid: string): void => {
  const binding = state.routeBindings.get(guid);
  if (binding) {
    const instance = state.serviceInstances.expect(binding.serviceInstanceGuid);
    recordOfService(state, 'unbind_route', instance, { route_guid: binding.routeGuid });
    state.routeBindings.delete(guid);
  }
};

/** Also deletes the route's binding. */
export const deleteRoute = (state: State, guid: string): void => {
  for (const binding of state.routeBindings.where(({ routeGuid }) => routeGuid === guid)) {
    deleteRouteBinding(state, binding.guid);
  }
  const route = state.routes.get(guid);
  if (route) {
    recordOfRoute(state, 'delete-request', route);
    state.routes.delete(guid);
  }
};

/** Deletes routes without destinations that no service is bound to. */
export const deleteUnmappedRoutes = (state: State, spaceGuid: string): void => {
  for (const route of state.routes.where((candidate) => candidate.spaceGuid === spaceGuid)) {
    if (route.destinations.length === 0 && !state.routeBindings.find(({ routeGuid }) => routeGuid === route.guid)) {
      deleteRoute(state, route.guid);
    }
  }
};
