import { z } from 'zod';
import type { Cloud } from '../cloud/cloud';
import { CloudError, notAuthorized, unprocessable, badRequest } from '../cloud/errors';
import { createJob } from '../cloud/jobs';
import { offeringOf } from '../cloud/marketplace';
import { mergeMetadata, metadata } from '../cloud/metadata';
import type { ServiceBinding, RouteBinding } from '../cloud/records';
import {
  addBinding,
  beginUnbinding,
  deleteBinding,
  requireBindable,
  requireUnbindable,
  spaceOfBinding,
} from '../cloud/service-bindings';
import type { State } from '../cloud/state';
import { presentApp } from './apps';
import { one, parseBody } from './body';
import { list, withIncluded, type Collection } from './collection';
import {
  accepted,
  created,
  del,
  get,
  noContent,
  ok,
  patch,
  post,
  type Call,
  type Endpoint,
  links,
  presentRow,
  toOne,
  guidOf,
} from './endpoint';
import { found, referred } from './lookup';
import { includedInstances, presentOperation } from './service-instance-collection';
import { createRouteBinding, deleteRouteBinding, spaceOfRouteBinding } from '../cloud/route-bindings';
import { presentRoute } from './routes';

const presentBinding = (binding: ServiceBinding, { base }: Pick<Call, 'base'>) => ({
  ...presentRow(binding),
  type: binding.type,
  name: binding.name,
  last_operation: presentOperation(binding.lastOperation),
  relationships: {
    service_instance: toOne(binding.serviceInstanceGuid),
    ...(binding.appGuid === undefined ? {} : { app: toOne(binding.appGuid) }),
  },
  metadata: binding.metadata,
  links: links(base, {
    self: `/v3/service_credential_bindings/${binding.guid}`,
    details: `/v3/service_credential_bindings/${binding.guid}/details`,
    parameters: `/v3/service_credential_bindings/${binding.guid}/parameters`,
    service_instance: `/v3/service_instances/${binding.serviceInstanceGuid}`,
    ...(binding.appGuid === undefined ? {} : { app: `/v3/apps/${binding.appGuid}` }),
  }),
});

const createSchema = z.strictObject({
  type: z.enum(['app', 'key']),
  name: z.string().nullish(),
  relationships: z.strictObject({ service_instance: one, app: one.optional() }),
  parameters: z.record(z.string(), z.unknown()).nullish(),
  metadata,
});
const updateSchema = z.strictObject({ metadata });

const collectionOf = (state: State): Collection<ServiceBinding> => {
  const instanceOf = (binding: ServiceBinding) => state.serviceInstances.expect(binding.serviceInstanceGuid);
  return {
    path: '/v3/service_credential_bindings',
    needs: 'service:read',
    rows: ({ access }) =>
      state.serviceBindings.where((binding) => access.inSpace('service:read', spaceOfBinding(state, binding))),
    filters: {
      guids: (row) => row.guid,
      names: (row) => row.name ?? undefined,
      type: (row) => row.type,
      app_guids: (row) => row.appGuid,
      app_names: (row) => state.apps.get(row.appGuid)?.name,
      service_instance_guids: (row) => row.serviceInstanceGuid,
      service_instance_names: (row) => instanceOf(row).name,
      service_plan_guids: (row) => instanceOf(row).planGuid,
      service_plan_names: (row) => state.servicePlans.get(instanceOf(row).planGuid)?.name,
      service_offering_guids: (row) => offeringOf(state, instanceOf(row))?.guid,
      service_offering_names: (row) => offeringOf(state, instanceOf(row))?.name,
    },
    order: { name: (row) => row.name ?? '' },
    includes: {
      app: (rows, call) => ({
        apps: referred(rows, ({ appGuid }) => appGuid, state.apps).map((app) => presentApp(app, call)),
      }),
      service_instance: includedInstances(state),
    },
    present: presentBinding,
  };
};

const requireReadableParameters = (state: State, binding: ServiceBinding): void => {
  const instance = state.serviceInstances.expect(binding.serviceInstanceGuid);
  if (!offeringOf(state, instance)?.bindingsRetrievable) {
    throw new CloudError(
      400,
      90007,
      'CF-ServiceFetchBindingParametersNotSupported',
      'This service does not support fetching service binding parameters.',
    );
  }
};

const NAMES = { app: 'service_bindings', key: 'service_keys' } as const;

export const serviceCredentialBindings = (cloud: Cloud): readonly Endpoint[] => {
  const { state } = cloud;
  const collection = collectionOf(state);
  const find = (call: Call): ServiceBinding => {
    const binding = found(state.serviceBindings.get(call.params['guid']), 'Service credential binding');
    call.access.requireInSpace(call.needs, spaceOfBinding(state, binding), 'Service credential binding');
    return binding;
  };
  const isManaged = (binding: ServiceBinding): boolean =>
    state.serviceInstances.expect(binding.serviceInstanceGuid).type === 'managed';
  return [
    list(collection),
    get(
      '/v3/service_credential_bindings/:guid',
      'service:read',
      (call) => ok(withIncluded(find(call), call, collection)),
      { query: ['include'] },
    ),
    get('/v3/service_credential_bindings/:guid/details', 'secret:read', (call) => {
      const { credentials, serviceInstanceGuid, syslogDrainUrl: ownDrainUrl } = find(call);
      const { syslogDrainUrl } = state.serviceInstances.expect(serviceInstanceGuid);
      return ok({ credentials, syslog_drain_url: ownDrainUrl ?? syslogDrainUrl, volume_mounts: [] });
    }),
    get('/v3/service_credential_bindings/:guid/parameters', 'service:read', async (call) => {
      const binding = find(call);
      requireReadableParameters(state, binding);
      const instance = state.serviceInstances.expect(binding.serviceInstanceGuid);
      return ok((await cloud.brokers.parameters(call.access, instance, binding.guid)) ?? binding.parameters ?? {});
    }),
    post(
      '/v3/service_credential_bindings',
      'app:manage',
      (call) => {
        const { relationships, ...body } = parseBody(createSchema, call.text);
        const command = {
          ...body,
          serviceInstanceGuid: relationships.service_instance.data.guid,
          appGuid: relationships.app?.data.guid,
        };
        const instance = requireBindable(state, call.access, command);
        if (instance.type === 'user-provided') {
          const made = cloud.transact((after) => addBinding(after, instance, command));
          return created(presentBinding(made, call));
        }
        const job = cloud.enqueue((after) => {
          const { guid, type } = addBinding(after, instance, command);
          return createJob(after, `${NAMES[type]}.create`, { guid }, call.access);
        });
        return accepted(call, job);
      },
      { note: 'for an application; a key needs `service:write`' },
    ),
    patch('/v3/service_credential_bindings/:guid', 'service:write', (call) => {
      const binding = find(call);
      const command = parseBody(updateSchema, call.text);
      if (binding.lastOperation.type === 'delete' && binding.lastOperation.state === 'in progress') {
        throw unprocessable('The service binding is being deleted');
      }
      const merged = mergeMetadata(binding.metadata, command.metadata);
      const after = cloud.transact((next) =>
        next.serviceBindings.put({ ...binding, updatedAt: next.now(), metadata: merged }),
      );
      return ok(presentBinding(after, call));
    }),
    del(
      '/v3/service_credential_bindings/:guid',
      'app:manage',
      (call) => {
        const binding = find(call);
        const { guid, type } = binding;
        if (type === 'key' && !call.access.inSpace('service:write', spaceOfBinding(state, binding))) {
          throw notAuthorized();
        }
        requireUnbindable(state, binding);
        if (!isManaged(binding)) {
          cloud.transact((after) => deleteBinding(after, guid));
          return noContent;
        }
        const job = cloud.enqueue((after) => {
          beginUnbinding(after, binding);
          return createJob(after, `${NAMES[type]}.delete`, { guid }, call.access);
        });
        return accepted(call, job);
      },
      { note: 'for an application; a key needs `service:write`' },
    ),
  ];
};

const createRouteSchema = z.strictObject({
  relationships: z.strictObject({ service_instance: one, route: one }),
  parameters: z.record(z.string(), z.unknown()).nullish(),
  metadata,
});
const updateRouteSchema = z.strictObject({ metadata });

const presentRouteBinding = (binding: RouteBinding, { base }: Pick<Call, 'base'>) => ({
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

const routeCollectionOf = (state: State): Collection<RouteBinding> => ({
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
  present: presentRouteBinding,
});

export const serviceRouteBindings = (cloud: Cloud): readonly Endpoint[] => {
  const { state } = cloud;
  const collection = routeCollectionOf(state);
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
      const { relationships, ...body } = parseBody(createRouteSchema, call.text);
      const command = {
        ...body,
        serviceInstanceGuid: relationships.service_instance.data.guid,
        routeGuid: relationships.route.data.guid,
      };
      const made = cloud.transact((after) => createRouteBinding(after, call.access, command));
      return created(presentRouteBinding(made, call));
    }),
    patch('/v3/service_route_bindings/:guid', 'service:write', (call) => {
      const binding = find(call);
      const command = parseBody(updateRouteSchema, call.text);
      const merged = mergeMetadata(binding.metadata, command.metadata);
      const after = cloud.transact((next) =>
        next.routeBindings.put({ ...binding, updatedAt: next.now(), metadata: merged }),
      );
      return ok(presentRouteBinding(after, call));
    }),
    del('/v3/service_route_bindings/:guid', 'app:manage', (call) => {
      const { guid } = find(call);
      cloud.transact((after) => deleteRouteBinding(after, guid));
      return noContent;
    }),
  ];
};
