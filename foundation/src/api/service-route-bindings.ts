import { z } from 'zod';
import type { Cloud } from '../cloud/cloud';
import { badRequest } from '../cloud/errors';
import { mergeMetadata } from '../cloud/metadata';
import type { RouteBinding } from '../cloud/records';
import { createRouteBinding, deleteRouteBinding, spaceOfRouteBinding } from '../cloud/route-bindings';
import type { State } from '../cloud/state';
import { one, parseBody } from './body';
import { metadata } from '../cloud/metadata-document';
import { list, withIncluded, type Collection } from './collection';
import { created, del, get, guidOf, noContent, ok, patch, post, type Call, type Endpoint } from './endpoint';
import { found, referred } from './lookup';
import { links, presentRow, toOne } from './present';
import { presentRoute } from './routes';
import { includedInstances } from './service-instance-collection';

const createSchema = z.strictObject({
  relationships: z.strictObject({ service_instance: one, route: one }),
  parameters: z.record(z.string(), z.unknown()).nullish(),
  metadata,
});
const updateSchema = z.strictObject({ metadata });

const presentBinding = (binding: RouteBinding, { base }: Pick<Call, 'base'>) => ({
  ...presentRow(binding),
  route_service_url: binding.routeServiceUrl,
  last_operation: {
    type: 'create',
    state: 'succeeded',
    description: null,
    created_at: binding.createdAt,
    updated_at: binding.createdAt,
  },
  relationships: {
    service_instance: toOne(binding.serviceInstanceGuid),
    route: toOne(binding.routeGuid),
  },
  metadata: binding.metadata,
  links: links(base, {
    self: `/v3/service_route_bindings/${binding.guid}`,
    service_instance: `/v3/service_instances/${binding.serviceInstanceGuid}`,
    route: `/v3/routes/${binding.routeGuid}`,
  }),
});

const collectionOf = (state: State): Collection<RouteBinding> => ({
  path: '/v3/service_route_bindings',
  needs: 'service:read',
  rows: ({ access }) =>
    state.routeBindings.where((binding) => access.inSpace('service:read', spaceOfRouteBinding(state, binding))),
  filters: {
    guids: (row) => row.guid,
    route_guids: (row) => row.routeGuid,
    service_instance_guids: (row) => row.serviceInstanceGuid,
    service_instance_names: (row) => state.serviceInstances.expect(row.serviceInstanceGuid).name,
  },
  includes: {
    route: (rows, call) => ({
      routes: referred(rows, ({ routeGuid }) => routeGuid, state.routes).map((route) =>
        presentRoute(state, route, call),
      ),
    }),
    service_instance: includedInstances(state),
  },
  present: presentBinding,
});

export const serviceRouteBindings = (cloud: Cloud): readonly Endpoint[] => {
  const { state } = cloud;
  const collection = collectionOf(state);
  const find = (call: Call): RouteBinding => {
    const binding = found(state.routeBindings.get(guidOf(call)), 'Service route binding');
    call.access.requireInSpace(call.needs, spaceOfRouteBinding(state, binding), 'Service route binding');
    return binding;
  };
  return [
    list(collection),
    get('/v3/service_route_bindings/:guid', 'service:read', (call) => ok(withIncluded(find(call), call, collection)), {
      query: ['include'],
    }),
    get('/v3/service_route_bindings/:guid/parameters', 'service:write', (call) => {
      find(call);
      throw badRequest('user provided service instances do not support fetching route bindings parameters.');
    }),
    post('/v3/service_route_bindings', 'app:manage', (call) => {
      const { relationships, ...body } = parseBody(createSchema, call.text);
      const command = {
        ...body,
        serviceInstanceGuid: relationships.service_instance.data.guid,
        routeGuid: relationships.route.data.guid,
      };
      const made = cloud.transact((after) => createRouteBinding(after, call.access, command));
      return created(presentBinding(made, call));
    }),
    patch('/v3/service_route_bindings/:guid', 'service:write', (call) => {
      const binding = find(call);
      const command = parseBody(updateSchema, call.text);
      const merged = mergeMetadata(binding.metadata, command.metadata);
      const after = cloud.transact((next) =>
        next.routeBindings.put({ ...binding, updatedAt: next.now(), metadata: merged }),
      );
      return ok(presentBinding(after, call));
    }),
    del('/v3/service_route_bindings/:guid', 'app:manage', (call) => {
      const { guid } = find(call);
      cloud.transact((after) => deleteRouteBinding(after, guid));
      return noContent;
    }),
  ];
};
